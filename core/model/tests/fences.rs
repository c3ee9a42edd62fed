//! Areas, positions and crossings. Source: spec/cloud-api.md 3.12, spec/rules-ota.md 11.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use lianwu_model::UnixMillis;
use lianwu_model::fence::{
    AREA_BYTES_MAX, AlertCondition, Area, AreaError, Crossing, Seen, SpaceId, Step, VERTICES_MAX,
};
use lianwu_model::position::Position;
use proptest::prelude::*;

fn at(longitude: f64, latitude: f64) -> Position {
    Position::new(longitude, latitude).unwrap()
}

fn collection(geometry: &str, properties: &str) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{properties},"geometry":{geometry}}}]}}"#
    )
}

fn polygon(rings: &str) -> String {
    collection(&format!(r#"{{"type":"Polygon","coordinates":[{rings}]}}"#), "{}")
}

fn circle(longitude: f64, latitude: f64, radius: &str) -> String {
    let point = format!(r#"{{"type":"Point","coordinates":[{longitude},{latitude}]}}"#);
    collection(&point, &format!(r#"{{"radius":{radius}}}"#))
}

const SQUARE: &str = "[[113.0,22.0],[114.0,22.0],[114.0,23.0],[113.0,23.0],[113.0,22.0]]";
const HOLE: &str = "[[113.4,22.4],[113.6,22.4],[113.6,22.6],[113.4,22.6],[113.4,22.4]]";

#[test]
fn a_place_is_inside_on_the_line_or_outside() {
    let square = Area::parse(&polygon(SQUARE)).unwrap();
    let pierced = Area::parse(&polygon(&format!("{SQUARE},{HOLE}"))).unwrap();
    for (longitude, latitude, in_square, in_pierced) in [
        (113.2, 22.2, true, true),
        (113.5, 22.5, true, false),
        // The line belongs to the area, that of a hole, too.
        (113.0, 22.5, true, true),
        (113.0, 22.0, true, true),
        (114.0, 23.0, true, true),
        (113.5, 23.0, true, true),
        (113.4, 22.5, true, true),
        (113.6, 22.6, true, true),
        // On the level of corners, outside: each corner counts once.
        (112.9, 22.0, false, false),
        (112.9, 23.0, false, false),
        (114.1, 22.0, false, false),
        (113.5, 21.999_999, false, false),
    ] {
        let place = at(longitude, latitude);
        assert_eq!((square.contains(place), pierced.contains(place)), (in_square, in_pierced), "{place:?}");
    }
}

#[test]
fn an_area_may_have_several_parts() {
    let other = "[[10,10],[11,10],[10,11],[10,10]]";
    let multi = format!(r#"{{"type":"MultiPolygon","coordinates":[[{SQUARE}],[{other}]]}}"#);
    for text in [collection(&multi, "null"), multi.clone()] {
        let area = Area::parse(&text).unwrap();
        assert!(area.contains(at(113.5, 22.5)) && area.contains(at(10.2, 10.2)) && !area.contains(at(10.9, 10.9)));
    }
}

/// Is an area across the 180th meridian whole when it is given in two parts?
#[test]
fn the_180th_meridian_has_two_names() {
    let fiji = r#"{"type":"MultiPolygon","coordinates":[[[[179,-19],[180,-19],[180,-16],[179,-16],[179,-19]]],
        [[[-180,-19],[-179,-19],[-179,-16],[-180,-16],[-180,-19]]]]}"#;
    let area = Area::parse(fiji).unwrap();
    for longitude in [179.5, 180.0, -180.0, -179.5] {
        assert!(area.contains(at(longitude, -17.0)), "{longitude}");
    }
    assert!(!area.contains(at(178.9, -17.0)) && !area.contains(at(0.0, -17.0)));
    let one_part = polygon("[[179,-19],[-179,-19],[-179,-16],[179,-16],[179,-19]]");
    assert_eq!(Area::parse(&one_part), Err(AreaError::Antimeridian));
    assert!(AreaError::Antimeridian.to_string().contains("cut in two"));
    let at_the_edge = Area::parse(&polygon("[[-180,0],[-179,0],[-179,1],[-180,1],[-180,0]]")).unwrap();
    assert!(at_the_edge.contains(at(180.0, 0.5)), "the same place as -180");
    let around = Area::parse(&circle(179.999, 0.0, "1000")).unwrap();
    assert!(around.contains(at(-179.999, 0.0)) && !around.contains(at(-179.9, 0.0)));
}

#[test]
fn a_circle_is_measured_on_the_globe() {
    // A degree of latitude is 111.2 km everywhere, one of longitude at 60 degrees half of that.
    let area = Area::parse(&circle(10.0, 60.0, "100000.5")).unwrap();
    for (longitude, latitude, is_in) in
        [(10.0, 60.0, true), (10.0, 60.89, true), (10.0, 60.91, false), (11.78, 60.0, true), (11.82, 60.0, false)]
    {
        assert_eq!(area.contains(at(longitude, latitude)), is_in, "{longitude} {latitude}");
    }
    for radius in ["0", "-1", "1000001", r#""500""#, "null"] {
        assert_eq!(Area::parse(&circle(0.0, 0.0, radius)), Err(AreaError::Radius), "{radius}");
    }
}

#[test]
fn what_is_no_area_is_refused() {
    let many = |count: usize| {
        let mut corners: Vec<_> = (0..count - 2).map(|i| format!("[{},{}]", i as f64 / 1e4, i % 2)).collect();
        corners.extend(["[0,5]".to_owned(), "[0,0]".to_owned()]);
        polygon(&format!("[{}]", corners.join(",")))
    };
    assert!(Area::parse(&many(VERTICES_MAX)).is_ok());
    let long = polygon(SQUARE).replace(":{}", &format!(r#":{{"x":"{}"}}"#, "x".repeat(AREA_BYTES_MAX)));
    for (text, error) in [
        (polygon("[[0,0],[1,0],[1,1],[0,1]]"), AreaError::Open),
        (polygon("[[0,0],[1,0],[0,0]]"), AreaError::Short),
        (polygon("[]"), AreaError::Short),
        (polygon("[[0,0],[1,1],[2,2],[0,0]]"), AreaError::Flat),
        (polygon("[[0,0],[181,0],[1,1],[0,0]]"), AreaError::Place),
        (polygon("[[0,0],[1,0],[1,91],[0,0]]"), AreaError::Place),
        (many(VERTICES_MAX + 1), AreaError::TooMany),
        (long.clone(), AreaError::TooLong(long.len())),
    ] {
        assert_eq!(Area::parse(&text), Err(error), "{}", &text[..text.len().min(200)]);
    }
    let (empty, point) = (r#"{"type":"FeatureCollection","features":[]}"#, r#"{"type":"Point","coordinates":[0,0]}"#);
    let nobody = collection("null", "{}");
    let words = polygon(r#"[["0","0"],[1,0],[1,1],["0","0"]]"#);
    for text in ["[]", "{}", "1", empty, point, &nobody, &words, r#"{"type":"LineString"}"#, &polygon("")] {
        assert!(matches!(Area::parse(text), Err(AreaError::Form(_))), "{text}");
    }
    for text in ["", "{", &"[".repeat(10_000)] {
        assert!(matches!(Area::parse(text), Err(AreaError::Json(_))), "{}", text.len());
    }
}

#[test]
fn a_position_is_read_from_the_location_properties() {
    for (message, expected) in [
        (r#"{"method":"report","params":{"GPS_Info":{"latitude":22.5,"longtitude":113.9}}}"#, Some(at(113.9, 22.5))),
        (r#"{"params":{"a":1,"GPS_Info":{"longitude":-1,"latitude":2}}}"#, Some(at(-1.0, 2.0))),
        // The richer property counts, unless it has no position.
        (
            r#"{"params":{"GPS_Info":{"latitude":1,"longtitude":1},"GPS_ExtInfo":{"latitude":2,"longtitude":2,"altitude":9}}}"#,
            Some(at(2.0, 2.0)),
        ),
        (r#"{"params":{"GPS_ExtInfo":{"altitude":9},"GPS_Info":{"latitude":1,"longtitude":1}}}"#, Some(at(1.0, 1.0))),
        (r#"{"params":{"GPS_Info":{"latitude":91,"longtitude":1}}}"#, None),
        (r#"{"params":{"GPS_Info":{"latitude":1}}}"#, None),
        (r#"{"params":{"GPS_Info":{"latitude":"1","longtitude":"1"}}}"#, None),
        (r#"{"params":{"gps_info":{"latitude":1,"longtitude":1}}}"#, None),
        (r#"{"GPS_Info":{"latitude":1,"longtitude":1}}"#, None),
        ("{", None),
    ] {
        assert_eq!(Position::from_message(message.as_bytes()), expected, "{message}");
    }
}

/// A pair that is published for the conversion.
#[test]
fn gcj02_is_another_place_in_china_only() {
    let moved = at(116.404, 39.915).to_gcj02();
    assert!((moved.longitude - 116.410_244_499_169_38).abs() < 1e-9, "{moved:?}");
    assert!((moved.latitude - 39.916_404_281_501_64).abs() < 1e-9, "{moved:?}");
    assert_eq!(at(2.3, 48.8).to_gcj02(), at(2.3, 48.8));
}

#[test]
fn a_step_is_a_crossing_or_none() {
    let seen = |is_inside, time, record| Seen { is_inside, time: UnixMillis(time), record };
    for (before, now, step) in [
        (None, seen(true, 10, 1), Step::Stayed),
        (Some(seen(false, 10, 1)), seen(true, 11, 2), Step::Crossed(Crossing::In)),
        (Some(seen(true, 10, 1)), seen(false, 11, 2), Step::Crossed(Crossing::Out)),
        (Some(seen(true, 10, 1)), seen(true, 11, 2), Step::Stayed),
        // A late one does not turn anything back; of one second the one said later counts.
        (Some(seen(true, 10, 1)), seen(false, 9, 2), Step::Late),
        (Some(seen(true, 10, 1)), seen(false, 10, 2), Step::Crossed(Crossing::Out)),
        // Read again after a restart.
        (Some(seen(true, 10, 1)), seen(true, 10, 1), Step::Late),
    ] {
        assert_eq!(now.step(before), step, "{before:?} {now:?}");
    }
    let covers = |word| {
        let condition = AlertCondition::from_word(word).unwrap();
        (condition.covers(Crossing::In), condition.covers(Crossing::Out))
    };
    assert_eq!([covers("In"), covers("Out"), covers("InOrOut")], [(true, false), (false, true), (true, true)]);
    assert_eq!(AlertCondition::from_word("in"), None);
    assert!("0123456789abcdef0123456789abcdef".parse::<SpaceId>().is_ok());
    assert!("0123456789ABCDEF0123456789abcdef".parse::<SpaceId>().is_err());
}

/// Corners of a convex polygon around a centre, counter-clockwise.
fn convex() -> impl Strategy<Value = Vec<(f64, f64)>> {
    (-150.0..150.0_f64, -60.0..60.0_f64, 0.001..20.0_f64, prop::collection::vec(0.0..std::f64::consts::TAU, 3..30))
        .prop_map(|(x, y, radius, mut angles)| {
            angles.sort_by(f64::total_cmp);
            angles.iter().map(|angle| (x + radius * angle.cos(), y + radius * angle.sin())).collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Inside a convex polygon is what lies to the left of all its sides.
    #[test]
    fn convex_polygons_agree_with_their_sides(corners in convex(), dx in -25.0..25.0_f64, dy in -25.0..25.0_f64) {
        let (x0, y0) = corners[0];
        let place = at((x0 + dx).clamp(-180.0, 180.0), (y0 + dy).clamp(-90.0, 90.0));
        let sides = || corners.iter().zip(corners.iter().cycle().skip(1));
        let left = |((ax, ay), (bx, by)): (&(f64, f64), &(f64, f64))| {
            (bx - ax) * (place.latitude - ay) - (by - ay) * (place.longitude - ax)
        };
        // Too near to a line to tell by this.
        prop_assume!(sides().all(|side| left(side).abs() > 1e-6));
        let mut ring: Vec<_> = corners.iter().map(|(x, y)| format!("[{x:?},{y:?}]")).collect();
        ring.push(ring[0].clone());
        let area = Area::parse(&polygon(&format!("[{}]", ring.join(",")))).unwrap();
        prop_assert_eq!(area.contains(place), sides().all(|side| left(side) > 0.0));
        // The other way round it is the same area.
        ring.reverse();
        prop_assert_eq!(&Area::parse(&polygon(&format!("[{}]", ring.join(",")))).unwrap().contains(place), &area.contains(place));
    }

    /// Every corner and every middle of a side is in the area.
    #[test]
    fn the_line_belongs_to_the_area(corners in convex()) {
        let mut ring: Vec<_> = corners.iter().map(|(x, y)| format!("[{x:?},{y:?}]")).collect();
        ring.push(ring[0].clone());
        let Ok(area) = Area::parse(&polygon(&format!("[{}]", ring.join(",")))) else { return Ok(()) };
        for ((ax, ay), (bx, by)) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            prop_assert!(area.contains(at(*ax, *ay)));
            prop_assert!(area.contains(at(f64::midpoint(*ax, *bx), f64::midpoint(*ay, *by))));
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in r#"(\{|\}|\[|\]|"type"|"Polygon"|"Feature"|"coordinates"|"geometry"|:|,|[0-9.e-]{1,4}|null|.){0,60}"#) {
        let _ = Area::parse(&text);
        let _ = Position::from_message(text.as_bytes());
    }
}
