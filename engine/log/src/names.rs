//! Names of segment files: `r3d-20261123-00000000000000000001.seg`, and `00000007.next` for a prepared one.

use std::fmt::Write as _;

use lianwu_ports::log::Lsn;

use crate::format::SegmentHeader;

const SEGMENT: &str = ".seg";
const PREPARED: &str = ".next";

/// What a file in the log's directory is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Segment,
    Prepared,
    /// Not ours; left alone.
    Other,
}

pub fn kind(name: &str) -> Kind {
    if name.ends_with(SEGMENT) {
        Kind::Segment
    } else if name.ends_with(PREPARED) {
        Kind::Prepared
    } else {
        Kind::Other
    }
}

/// Retention class, commit day and first record. Names of one class and day sort in commit order.
pub fn segment(retention_days: u16, day: u32, first: Lsn) -> String {
    let mut name = format!("r{retention_days}d-");
    match date(day) {
        Some(date) => write!(name, "{:04}{:02}{:02}", date.year(), date.month(), date.day()),
        // Beyond the calendar (a clock that is absurdly wrong): the day number, so that names stay distinct.
        None => write!(name, "day{day}"),
    }
    .expect("writing to a string cannot fail");
    write!(name, "-{:020}{SEGMENT}", first.0).expect("writing to a string cannot fail");
    name
}

/// The name its header asks for; a file under another name was moved by someone.
pub fn of(header: &SegmentHeader) -> String {
    segment(header.retention_days, header.day, header.first)
}

pub fn prepared(number: u64) -> String {
    format!("{number:08}{PREPARED}")
}

/// Number of a prepared file, so that it is not used again.
pub fn prepared_number(name: &str) -> Option<u64> {
    name.strip_suffix(PREPARED)?.parse().ok()
}

fn date(day: u32) -> Option<jiff::civil::Date> {
    jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().try_days(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_class_day_and_first_record() {
        assert_eq!(segment(3, 20_780, Lsn(1)), "r3d-20261123-00000000000000000001.seg");
        assert_eq!(segment(30, 0, Lsn(u64::MAX)), "r30d-19700101-18446744073709551615.seg");
        assert_eq!(kind(&segment(3, u32::MAX, Lsn(7))), Kind::Segment);
        assert_eq!(kind(&prepared(7)), Kind::Prepared);
        assert_eq!(prepared_number(&prepared(7)), Some(7));
        assert_eq!(kind("lock"), Kind::Other);
    }
}
