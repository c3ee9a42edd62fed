//! Times as the vendor prints them.

use lianwu_model::UnixMillis;

/// The vendor's texts carry no zone; its clocks show China Standard Time.
const ZONE_MS: u64 = 8 * 3_600_000;

/// `2024-07-04 21:53:13.123`, China Standard Time (UTC+8), the zone of the vendor's own logs.
#[must_use]
pub fn beijing(time: UnixMillis) -> String {
    format!("{}.{:03}", beijing_seconds(time), time.0 % 1000)
}

/// `2024-07-04 21:53:13`, China Standard Time (UTC+8).
#[must_use]
pub fn beijing_seconds(time: UnixMillis) -> String {
    let local = UnixMillis(time.0.saturating_add(ZONE_MS));
    let (year, month, day) = date(local.day());
    let second = local.seconds() % 86_400;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// Gregorian date of a day counted from 1970-01-01: years are taken to begin in March, so that the leap day is last.
fn date(day: u64) -> (u64, u64, u64) {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    // 0000-03-01 lies this many days before 1970-01-01.
    let day = day + 719_468;
    let (era, day) = (day / DAYS_OF_400_YEARS, day % DAYS_OF_400_YEARS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + carry, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_as_in_the_vendors_log() {
        for (millis, expected) in [
            (0, "1970-01-01 08:00:00.000"),
            (1_720_101_193_123, "2024-07-04 21:53:13.123"),
            (1_709_135_999_999, "2024-02-28 23:59:59.999"),
            (1_709_136_000_000, "2024-02-29 00:00:00.000"),
            (1_709_222_400_000, "2024-03-01 00:00:00.000"),
            (1_735_660_799_000, "2024-12-31 23:59:59.000"),
            (1_735_660_800_000, "2025-01-01 00:00:00.000"),
            (951_753_600_000, "2000-02-29 00:00:00.000"),
            (4_107_513_600_000, "2100-03-01 00:00:00.000"),
        ] {
            assert_eq!(beijing(UnixMillis(millis)), expected);
        }
        assert_eq!(beijing_seconds(UnixMillis(1_720_101_193_123)), "2024-07-04 21:53:13");
    }
}
