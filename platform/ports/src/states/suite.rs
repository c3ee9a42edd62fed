//! What every engine behind [`States`] must do; the random workload is that of [`crate::readings::suite`].

use lianwu_model::{DeviceNumber, ProductId};

use super::{DeviceState, States};

/// Are the states of these devices equal, one by one and as a list?
pub fn states_agree(
    one: &dyn States,
    other: &dyn States,
    numbers: &[DeviceNumber],
    products: &[ProductId],
    context: &str,
) {
    for number in numbers {
        let (one, other) = (one.device(*number).expect("device state"), other.device(*number).expect("device state"));
        assert_eq!(one, other, "{context}: state of {number:?}");
    }
    let list = one.devices(numbers).expect("device states");
    assert_eq!(list, other.devices(numbers).expect("device states"), "{context}: list of states");
    let versions = (0..9).map(|version| Some(version.to_string())).chain([None, Some(String::new())]);
    for (products, version) in versions.flat_map(|version| [(products, version.clone()), (&products[..1], version)]) {
        let with = |states: &dyn States| states.with_firmware(products, version.as_deref()).expect("an index");
        assert_eq!(with(one), with(other), "{context}: firmware {version:?} in {products:?}");
    }
    assert_eq!(one.activated().expect("an index"), other.activated().expect("an index"), "{context}: activated");
    let (sessions, others) = (one.sessions().expect("sessions"), other.sessions().expect("sessions"));
    assert_eq!(sessions, others, "{context}: kept sessions");
    for session in sessions {
        let ids: Vec<u16> = session.messages.iter().map(|message| message.packet_id).step_by(2).collect();
        let messages = one.session_messages(session.number, &ids).expect("messages");
        assert_eq!(messages.len(), ids.len(), "{context}: messages of {:?}", session.number);
        let others = other.session_messages(session.number, &ids).expect("messages");
        assert_eq!(messages, others, "{context}: messages of {:?}", session.number);
    }
    assert!(list.iter().all(|state| state.reported.is_empty() && state.info.is_none()), "{context}: times only");
}

/// Is a device nobody heard of simply empty?
pub fn unknown_devices_are_empty(states: &dyn States) {
    assert_eq!(states.device(DeviceNumber(4_000_000_000)), Ok(DeviceState::default()));
    assert_eq!(states.devices(&[DeviceNumber(4_000_000_000)]), Ok(vec![DeviceState::default()]));
    assert_eq!(states.with_firmware(&[ProductId::ACCOUNT], None), Ok(Vec::new()));
    assert_eq!(states.session_messages(DeviceNumber(4_000_000_000), &[1, 2]), Ok(Vec::new()));
}
