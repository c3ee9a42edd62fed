//! Areas as GeoJSON describes them, and whether a place lies in one.
//!
//! Polygons are taken as drawn on a map of longitude and latitude; circles are circles on the globe. The line itself belongs
//! to the area.

use serde_json::{Map, Value};

use crate::position::Position;

/// Longest text of an area, in bytes.
pub const AREA_BYTES_MAX: usize = 64 * 1024;

/// Corners of all rings together. Looking at one place costs as much as there are.
pub const VERTICES_MAX: usize = 2_000;

/// Largest circle, in metres.
pub const RADIUS_METRES_MAX: f64 = 1_000_000.0;

/// Mean radius of the earth, in metres.
const EARTH_METRES: f64 = 6_371_008.8;

/// How far from a line a place still counts as on it, in degrees: a tenth of a millimetre.
const ON_LINE_DEGREES: f64 = 1e-9;

/// Why a text is no area.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AreaError {
    #[error("it has {0} bytes, allowed {AREA_BYTES_MAX}")]
    TooLong(usize),
    #[error("it is not JSON: {0}")]
    Json(String),
    /// Names what is missing or wrong.
    #[error("{0}")]
    Form(&'static str),
    #[error("a ring ends where it began: its last position equals its first")]
    Open,
    #[error("a ring has at least four positions, the last of which equals the first")]
    Short,
    #[error("a ring encloses nothing")]
    Flat,
    #[error("longitudes are -180 to 180 and latitudes -90 to 90")]
    Place,
    #[error(
        "a side spans 180 degrees of longitude or more: an area across the 180th meridian is given as a MultiPolygon, cut in two at it"
    )]
    Antimeridian,
    #[error("it has more than {VERTICES_MAX} positions")]
    TooMany,
    #[error("the radius of a circle is a number of metres above 0, up to {RADIUS_METRES_MAX}")]
    Radius,
}

/// What a fence encloses: one polygon or circle, or several.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    shapes: Vec<Shape>,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// The outline, then the holes in it.
    Polygon {
        rings: Vec<Ring>,
    },
    Circle {
        centre: Position,
        metres: f64,
    },
}

/// Closed, with the box it lies in.
#[derive(Clone, Debug, PartialEq)]
struct Ring {
    corners: Vec<Position>,
    low: Position,
    high: Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Inside,
    OnLine,
    Outside,
}

impl Area {
    /// Reads a `FeatureCollection`, a `Feature`, a `Polygon` or a `MultiPolygon`; a circle is a feature with a `Point` and the
    /// property `radius` in metres.
    ///
    /// # Errors
    /// See [`AreaError`].
    pub fn parse(text: &str) -> Result<Self, AreaError> {
        if text.len() > AREA_BYTES_MAX {
            return Err(AreaError::TooLong(text.len()));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| AreaError::Json(error.to_string()))?;
        let mut reader = Reader { shapes: Vec::new(), vertices: 0 };
        reader.read(object(&value)?)?;
        if reader.shapes.is_empty() {
            return Err(AreaError::Form("it has no Polygon and no Point with a radius"));
        }
        Ok(Self { shapes: reader.shapes })
    }

    /// Is the place in the area, or on its line?
    #[must_use]
    pub fn contains(&self, place: Position) -> bool {
        let is_in = |place: Position| self.shapes.iter().any(|shape| shape.contains(place));
        // The 180th meridian has two names.
        is_in(place) || (place.longitude.abs() >= 180.0 && is_in(Position { longitude: -place.longitude, ..place }))
    }
}

impl Shape {
    fn contains(&self, place: Position) -> bool {
        match self {
            Self::Circle { centre, metres } => distance_metres(*centre, place) <= *metres,
            Self::Polygon { rings } => {
                let Some((outline, holes)) = rings.split_first() else { return false };
                match outline.place(place) {
                    Where::Outside => false,
                    Where::OnLine => true,
                    Where::Inside => holes.iter().all(|hole| hole.place(place) != Where::Inside),
                }
            }
        }
    }
}

impl Ring {
    fn new(corners: Vec<Position>) -> Result<Self, AreaError> {
        let (Some(first), Some(last)) = (corners.first().copied(), corners.last().copied()) else {
            return Err(AreaError::Short);
        };
        if corners.len() < 4 {
            return Err(AreaError::Short);
        }
        if first != last {
            return Err(AreaError::Open);
        }
        let sides = || corners.iter().zip(&corners[1..]);
        if sides().any(|(from, to)| (from.longitude - to.longitude).abs() >= 180.0) {
            return Err(AreaError::Antimeridian);
        }
        // From the first corner, so that far coordinates do not swallow the digits of a small ring.
        let bends = |(from, to): (&Position, &Position)| {
            let (x1, y1) = (from.longitude - first.longitude, from.latitude - first.latitude);
            let (x2, y2) = (to.longitude - first.longitude, to.latitude - first.latitude);
            (x1 * y2 - x2 * y1).abs()
        };
        if !sides().any(|side| bends(side) > 0.0) {
            return Err(AreaError::Flat);
        }
        let (mut low, mut high) = (first, first);
        for corner in &corners {
            low.longitude = low.longitude.min(corner.longitude);
            low.latitude = low.latitude.min(corner.latitude);
            high.longitude = high.longitude.max(corner.longitude);
            high.latitude = high.latitude.max(corner.latitude);
        }
        Ok(Self { corners, low, high })
    }

    /// Counts the sides a ray to the east crosses: an odd number means inside.
    fn place(&self, place: Position) -> Where {
        let (x, y) = (place.longitude, place.latitude);
        let is_far = x < self.low.longitude - ON_LINE_DEGREES
            || x > self.high.longitude + ON_LINE_DEGREES
            || y < self.low.latitude - ON_LINE_DEGREES
            || y > self.high.latitude + ON_LINE_DEGREES;
        if is_far {
            return Where::Outside;
        }
        let mut is_inside = false;
        for (from, to) in self.corners.iter().zip(&self.corners[1..]) {
            if distance_degrees(place, *from, *to) <= ON_LINE_DEGREES {
                return Where::OnLine;
            }
            // A corner belongs to the side below it only, so that it counts once.
            if (from.latitude > y) != (to.latitude > y) {
                let part = (y - from.latitude) / (to.latitude - from.latitude);
                is_inside ^= x < from.longitude + part * (to.longitude - from.longitude);
            }
        }
        if is_inside { Where::Inside } else { Where::Outside }
    }
}

/// From a place to the nearest point of a side, in degrees.
fn distance_degrees(place: Position, from: Position, to: Position) -> f64 {
    let (dx, dy) = (to.longitude - from.longitude, to.latitude - from.latitude);
    let (px, py) = (place.longitude - from.longitude, place.latitude - from.latitude);
    let length = dx * dx + dy * dy;
    let part = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (px - part * dx).hypot(py - part * dy)
}

/// Along the globe, in metres.
fn distance_metres(from: Position, to: Position) -> f64 {
    let (lat1, lat2) = (from.latitude.to_radians(), to.latitude.to_radians());
    let (dlat, dlon) = (lat2 - lat1, (to.longitude - from.longitude).to_radians());
    let chord = (dlat / 2.0).sin().powi(2) + lat1.cos() * lat2.cos() * (dlon / 2.0).sin().powi(2);
    2.0 * EARTH_METRES * chord.clamp(0.0, 1.0).sqrt().asin()
}

struct Reader {
    shapes: Vec<Shape>,
    vertices: usize,
}

impl Reader {
    /// Nested at most as deep as the JSON reader allows.
    fn read(&mut self, node: &Map<String, Value>) -> Result<(), AreaError> {
        match node.get("type").and_then(Value::as_str) {
            Some("FeatureCollection") => {
                for feature in array(node.get("features"), "a FeatureCollection has a list of features")? {
                    self.read(object(feature)?)?;
                }
                Ok(())
            }
            Some("Feature") => {
                let geometry = object(node.get("geometry").unwrap_or(&Value::Null))?;
                if geometry.get("type").and_then(Value::as_str) == Some("Point") {
                    return self.circle(geometry, node.get("properties"));
                }
                self.read(geometry)
            }
            Some("Polygon") => self.polygon(array(node.get("coordinates"), NO_COORDINATES)?),
            Some("MultiPolygon") => {
                for polygon in array(node.get("coordinates"), NO_COORDINATES)? {
                    self.polygon(array(Some(polygon), "a MultiPolygon is a list of polygons")?)?;
                }
                Ok(())
            }
            Some("Point") => Err(AreaError::Form("a circle is a Feature with a Point and the property radius")),
            _ => Err(AreaError::Form("its type is FeatureCollection, Feature, Polygon or MultiPolygon")),
        }
    }

    fn circle(&mut self, point: &Map<String, Value>, properties: Option<&Value>) -> Result<(), AreaError> {
        self.count(1)?;
        let centre = position(point.get("coordinates").unwrap_or(&Value::Null))?;
        let radius = properties.and_then(|properties| properties.get("radius")).and_then(Value::as_f64);
        let metres = radius.filter(|metres| *metres > 0.0 && *metres <= RADIUS_METRES_MAX).ok_or(AreaError::Radius)?;
        self.shapes.push(Shape::Circle { centre, metres });
        Ok(())
    }

    fn polygon(&mut self, rings: &[Value]) -> Result<(), AreaError> {
        if rings.is_empty() {
            return Err(AreaError::Form("a Polygon has at least one ring"));
        }
        let ring = |ring: &Value| {
            let positions = array(Some(ring), "a ring is a list of positions")?;
            self.count(positions.len())?;
            Ring::new(positions.iter().map(position).collect::<Result<_, _>>()?)
        };
        let rings = rings.iter().map(ring).collect::<Result<_, _>>()?;
        self.shapes.push(Shape::Polygon { rings });
        Ok(())
    }

    fn count(&mut self, more: usize) -> Result<(), AreaError> {
        self.vertices += more;
        if self.vertices > VERTICES_MAX { Err(AreaError::TooMany) } else { Ok(()) }
    }
}

const NO_COORDINATES: &str = "a geometry has coordinates";

fn object(value: &Value) -> Result<&Map<String, Value>, AreaError> {
    value.as_object().ok_or(AreaError::Form("GeoJSON is made of objects"))
}

fn array<'v>(value: Option<&'v Value>, what: &'static str) -> Result<&'v [Value], AreaError> {
    value.and_then(Value::as_array).map(Vec::as_slice).ok_or(AreaError::Form(what))
}

/// Longitude first; a height behind the two is passed over.
fn position(value: &Value) -> Result<Position, AreaError> {
    let what = "a position is a list of longitude and latitude";
    let numbers = array(Some(value), what)?;
    match (numbers.first().and_then(Value::as_f64), numbers.get(1).and_then(Value::as_f64)) {
        (Some(longitude), Some(latitude)) => Position::new(longitude, latitude).ok_or(AreaError::Place),
        _ => Err(AreaError::Form(what)),
    }
}
