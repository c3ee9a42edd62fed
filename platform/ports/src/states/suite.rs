//! What every engine behind [`States`] must do; the random workload is that of [`crate::readings::suite`].

use lianwu_model::DeviceNumber;

use super::{DeviceState, States};

/// Are the states of these devices equal, one by one and as a list?
pub fn states_agree(one: &dyn States, other: &dyn States, numbers: &[DeviceNumber], context: &str) {
    for number in numbers {
        let (one, other) = (one.device(*number).expect("device state"), other.device(*number).expect("device state"));
        assert_eq!(one, other, "{context}: state of {number:?}");
    }
    let list = one.devices(numbers).expect("device states");
    assert_eq!(list, other.devices(numbers).expect("device states"), "{context}: list of states");
    assert!(list.iter().all(|state| state.reported.is_empty() && state.info.is_none()), "{context}: times only");
}

/// Is a device nobody heard of simply empty?
pub fn unknown_devices_are_empty(states: &dyn States) {
    assert_eq!(states.device(DeviceNumber(4_000_000_000)), Ok(DeviceState::default()));
    assert_eq!(states.devices(&[DeviceNumber(4_000_000_000)]), Ok(vec![DeviceState::default()]));
}
