//! What an idle device costs.

use lianwu_mqtt::Connection;

#[test]
fn a_connection_is_small() {
    assert!(size_of::<Connection>() <= 96, "{} bytes", size_of::<Connection>());
}
