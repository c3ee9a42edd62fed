//! Where the vendor's JSON is read more leniently than serde reads it.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A 64-bit integer, also as decimal text. Source: spec/cloud-api.md 1.4.
struct Lenient<T>(T);

impl<'de, T: FromStr + TryFrom<i64> + TryFrom<u64>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientVisitor(PhantomData))
    }
}

struct LenientVisitor<T>(PhantomData<T>);

impl<T: FromStr + TryFrom<i64> + TryFrom<u64>> Visitor<'_> for LenientVisitor<T> {
    type Value = Lenient<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a 64-bit integer")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Lenient<T>, E> {
        T::try_from(value).map(Lenient).map_err(|_| E::custom("integer out of range"))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Lenient<T>, E> {
        T::try_from(value).map(Lenient).map_err(|_| E::custom("integer out of range"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Lenient<T>, E> {
        text.parse().map(Lenient).map_err(|_| E::custom("not a decimal integer"))
    }
}

/// # Errors
/// When it is neither an integer in range nor its decimal text.
pub fn integer<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr + TryFrom<i64> + TryFrom<u64>,
    D: Deserializer<'de>,
{
    Ok(Lenient::deserialize(deserializer)?.0)
}

/// As [`integer`]; `null` is `None`.
///
/// # Errors
/// As [`integer`].
pub fn integer_or_none<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr + TryFrom<i64> + TryFrom<u64>,
    D: Deserializer<'de>,
{
    Ok(Option::<Lenient<T>>::deserialize(deserializer)?.map(|lenient| lenient.0))
}

/// A list of what [`integer`] reads; `null` is the empty list.
///
/// # Errors
/// As [`integer`].
pub fn integers<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: FromStr + TryFrom<i64> + TryFrom<u64>,
    D: Deserializer<'de>,
{
    let list = Option::<Vec<Lenient<T>>>::deserialize(deserializer)?;
    Ok(list.unwrap_or_default().into_iter().map(|lenient| lenient.0).collect())
}

/// A list; `null` is the empty one.
///
/// # Errors
/// When an element does not read.
pub fn list<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
