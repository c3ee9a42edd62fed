//! Where a device is, as the properties of the location model say it.
//!
//! Source: spec/thing-model-and-console.md 2.9, spec/cloud-api.md 3.12.

use std::f64::consts::PI;

use crate::json::{Kind, Scanner, members};

/// Properties that hold a position, the richer one first: ids are matched literally. Positions from radio cells and Wi-Fi
/// need a service that knows where those are, and are not read.
pub const POSITION_PROPERTIES: [&str; 2] = ["GPS_ExtInfo", "GPS_Info"];

/// What a position from one of [`POSITION_PROPERTIES`] is called in answers.
pub const LOCATION_TYPE: &str = "GPS";

/// A point on the earth in degrees, WGS-84.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// -180 to 180, east is positive.
    pub longitude: f64,
    /// -90 to 90, north is positive.
    pub latitude: f64,
}

impl Position {
    /// `None` for what is no place on the earth.
    #[must_use]
    pub fn new(longitude: f64, latitude: f64) -> Option<Self> {
        let is_there = (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude);
        is_there.then_some(Self { longitude, latitude })
    }

    /// Reads the value of one of [`POSITION_PROPERTIES`]: an object with `latitude` and `longtitude`, as the vendor spells
    /// it; `longitude` counts, too.
    #[must_use]
    pub fn from_value(value: &[u8]) -> Option<Self> {
        let (mut longitude, mut latitude) = (None, None);
        for member in members(value) {
            let (key, value) = member.ok()?;
            if key.is(b"latitude") {
                latitude = number(value);
            } else if key.is(b"longtitude") || key.is(b"longitude") {
                longitude = number(value);
            }
        }
        Self::new(longitude?, latitude?)
    }

    /// Reads the first position out of a message that carries `params`, as reports do.
    #[must_use]
    pub fn from_message(message: &[u8]) -> Option<Self> {
        let (_, params) = members(message).flatten().find(|(key, _)| key.is(b"params"))?;
        let find = |id: &str| {
            let (_, value) = members(params).flatten().find(|(key, _)| key.is(id.as_bytes()))?;
            Self::from_value(value)
        };
        POSITION_PROPERTIES.into_iter().find_map(find)
    }

    /// The same place in GCJ-02, the coordinates that maps of China are drawn in; outside China nothing changes.
    #[must_use]
    pub fn to_gcj02(self) -> Self {
        let Self { longitude, latitude } = self;
        if !(72.004..=137.8347).contains(&longitude) || !(0.8293..=55.8271).contains(&latitude) {
            return self;
        }
        // Krasovsky's ellipsoid: half the long axis in metres, and the square of the eccentricity.
        const AXIS: f64 = 6_378_245.0;
        const ECCENTRICITY: f64 = 0.006_693_421_622_965_943;
        let (east, north) = offsets(longitude - 105.0, latitude - 35.0);
        let radians = latitude.to_radians();
        let bent = 1.0 - ECCENTRICITY * radians.sin().powi(2);
        let per_degree_north = AXIS * (1.0 - ECCENTRICITY) / (bent * bent.sqrt()) * PI / 180.0;
        let per_degree_east = AXIS / bent.sqrt() * radians.cos() * PI / 180.0;
        Self { longitude: longitude + east / per_degree_east, latitude: latitude + north / per_degree_north }
    }
}

fn number(value: &[u8]) -> Option<f64> {
    let mut scanner = Scanner::new(value);
    match scanner.peek().ok()? {
        Kind::Number => Some(scanner.number().ok()?.as_f64()),
        _ => None,
    }
}

/// How far GCJ-02 moves a place, in metres to the east and to the north.
fn offsets(x: f64, y: f64) -> (f64, f64) {
    let waves = |of: f64, parts: [(f64, f64); 2]| -> f64 {
        parts.into_iter().map(|(height, length)| height * (of * PI / length).sin()).sum::<f64>() * 2.0 / 3.0
    };
    let (root, shared) = (x.abs().sqrt(), waves(x, [(20.0, 1.0 / 6.0), (20.0, 1.0 / 2.0)]));
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + shared
        + waves(y, [(20.0, 1.0), (40.0, 3.0)])
        + waves(y, [(160.0, 12.0), (320.0, 30.0)]);
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + shared
        + waves(x, [(20.0, 1.0), (40.0, 3.0)])
        + waves(x, [(150.0, 12.0), (300.0, 30.0)]);
    (east, north)
}
