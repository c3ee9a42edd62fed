//! Areas of fences and positions of devices: whatever comes is read or refused, the corners of an outline belong to their area,
//! the 180th meridian is one line, and every position is a place on the earth.

use lianwu_model::fence::Area;
use lianwu_model::position::Position;
use serde_json::Value;

pub fn run(data: &[u8]) {
    for place in [Position::from_message(data), Position::from_value(data)].into_iter().flatten() {
        assert!(place.longitude.abs() <= 180.0 && place.latitude.abs() <= 90.0, "{place:?}");
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(area) = Area::parse(text) else { return };
    for corner in outline(text) {
        assert!(area.contains(corner), "{corner:?} is a corner of {text}");
    }
    // The 180th meridian has two names and is one line.
    for latitude in [-90.0, -45.0, 0.0, 22.5, 90.0] {
        let at = |longitude| area.contains(Position { longitude, latitude });
        assert_eq!(at(180.0), at(-180.0), "at {latitude} in {text}");
    }
}

/// The first ring of a lone polygon.
fn outline(text: &str) -> Vec<Position> {
    let value: Value = serde_json::from_str(text).expect("an area is JSON");
    if value["type"] != "Polygon" {
        return Vec::new();
    }
    let corners = value["coordinates"][0].as_array().into_iter().flatten();
    corners.filter_map(|corner| Position::new(corner[0].as_f64()?, corner[1].as_f64()?)).collect()
}
