//! Offset and limit. Source: spec/cloud-api.md 3.1.

use lianwu_ports::registry::Slice;

use crate::error::ApiError;

pub const LIMIT_DEFAULT: u64 = 20;
pub const LIMIT_MAX: u64 = 100;

/// Absent or 0 is the default limit.
///
/// # Errors
/// `InvalidParameterValue` for a negative value or a limit over 100.
pub fn slice(offset: Option<i64>, limit: Option<i64>) -> Result<Slice, ApiError> {
    let offset = u64::try_from(offset.unwrap_or(0))
        .map_err(|_| ApiError::value("Offset", "应大于等于 0", "it must be at least 0"))?;
    let limit = match u64::try_from(limit.unwrap_or(0)) {
        Ok(0) => LIMIT_DEFAULT,
        Ok(limit @ 1..=LIMIT_MAX) => limit,
        _ => return Err(ApiError::value("Limit", "应为 1 到 100", "it must be 1 to 100")),
    };
    Ok(Slice { offset, limit })
}

/// The same for operations that declare unsigned numbers.
///
/// # Errors
/// As [`slice`].
pub fn slice_unsigned(offset: Option<u64>, limit: Option<u64>) -> Result<Slice, ApiError> {
    let signed = |value: Option<u64>| value.map(|value| i64::try_from(value).unwrap_or(i64::MAX));
    slice(signed(offset), signed(limit))
}

/// The rows of a list that is whole in memory.
pub fn cut<T>(rows: Vec<T>, slice: Slice) -> Vec<T> {
    let offset = usize::try_from(slice.offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(slice.limit).unwrap_or(usize::MAX);
    rows.into_iter().skip(offset).take(limit).collect()
}
