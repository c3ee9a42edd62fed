//! When a sample was taken.

use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_model::json::{Kind, Scanner};

use super::Clock;

/// How far a sample may lie ahead of the server's clock.
pub const AHEAD_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Smaller numbers are seconds, larger ones milliseconds: the border is year 5138 in seconds and March 1973 in
/// milliseconds. Source: decisions.md 5, spec/device-protocol.md 6.2.
const SECONDS_BELOW: u64 = 100_000_000_000;

/// Bytes of a refused timestamp repeated in the reply.
const SHOWN_BYTES_MAX: usize = 40;

/// The time of a sample from the JSON text of its `timestamp`; absent or 0 means now. `Err` is the text of a refusal.
pub(super) fn sample_time(timestamp: Option<&[u8]>, clock: Clock) -> Result<UnixMillis, String> {
    let Some(text) = timestamp else { return Ok(clock.now) };
    let mut scanner = Scanner::new(text);
    let number = match scanner.peek() {
        Ok(Kind::Number) => scanner.number().ok(),
        _ => None,
    };
    let Some(value) = number.and_then(|number| number.as_i64()) else {
        return Err(format!("timestamp {} not a UNIX time", shown(text)));
    };
    let Ok(value) = u64::try_from(value) else {
        return Err(format!("timestamp {value} out of range: before 1970"));
    };
    let sample = match value {
        0 => return Ok(clock.now),
        1..SECONDS_BELOW => UnixMillis::from_seconds(value),
        _ => UnixMillis(value),
    };
    if sample > clock.now.plus(AHEAD_MAX) {
        let hours = AHEAD_MAX.as_secs() / 3600;
        return Err(format!("timestamp {value} out of range: more than {hours}h ahead of server time {}", clock.now));
    }
    if sample < clock.now.minus(clock.retention) {
        let hours = clock.retention.as_secs() / 3600;
        return Err(format!("timestamp {value} out of range: older than the {hours}h for which data is kept"));
    }
    Ok(sample)
}

fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    if text.len() <= SHOWN_BYTES_MAX {
        return text.into_owned();
    }
    let mut end = SHOWN_BYTES_MAX;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...", &text[..end])
}
