//! `Range`: one range of bytes, as devices ask for it. Source: RFC 9110 section 14.

/// What is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Everything,
    /// Both inclusive.
    Part {
        first: u64,
        last: u64,
    },
    /// It begins behind the end.
    Nothing,
}

/// A range that ends behind the end is cut there: the C SDK asks one byte too far. Several ranges, and what is no range of bytes, are as if nothing
/// had been asked (RFC 9110 14.2 allows it).
pub(super) fn asked(range: Option<&str>, size: u64) -> Asked {
    let Some(set) = range.and_then(|range| range.trim().strip_prefix("bytes=")) else { return Asked::Everything };
    let Some((first, last)) = set.trim().split_once('-') else { return Asked::Everything };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(first) || !is_number(last) {
        return Asked::Everything;
    }
    // Longer than a number can be is behind every end.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    match (first, last) {
        ("", "") => Asked::Everything,
        ("", last) => match number(last).min(size) {
            0 => Asked::Nothing,
            count => Asked::Part { first: size - count, last: size - 1 },
        },
        (first, _) if number(first) >= size => Asked::Nothing,
        (first, "") => Asked::Part { first: number(first), last: size - 1 },
        (first, last) if number(last) < number(first) => Asked::Everything,
        (first, last) => Asked::Part { first: number(first), last: number(last).min(size - 1) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_ten_bytes() {
        let part = |first, last| Asked::Part { first, last };
        for (range, expected) in [
            (None, Asked::Everything),
            (Some("bytes=0-4"), part(0, 4)),
            (Some("bytes=0-10"), part(0, 9)),
            (Some("bytes=3-"), part(3, 9)),
            (Some("bytes=-4"), part(6, 9)),
            (Some("bytes=-99"), part(0, 9)),
            (Some(" bytes= 9-9"), part(9, 9)),
            (Some("bytes=0-99999999999999999999999"), part(0, 9)),
            (Some("bytes=10-"), Asked::Nothing),
            (Some("bytes=99999999999999999999999-"), Asked::Nothing),
            (Some("bytes=-0"), Asked::Nothing),
            (Some("bytes=5-4"), Asked::Everything),
            (Some("bytes=0-1,3-4"), Asked::Everything),
            (Some("bytes=-"), Asked::Everything),
            (Some("bytes=a-b"), Asked::Everything),
            (Some("bytes=+1-2"), Asked::Everything),
            (Some("lines=1-2"), Asked::Everything),
        ] {
            assert_eq!(asked(range, 10), expected, "{range:?}");
        }
        assert_eq!((asked(Some("bytes=0-0"), 0), asked(None, 0)), (Asked::Nothing, Asked::Everything));
    }
}
