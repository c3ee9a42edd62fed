//! Fences and positions.

use lianwu_model::fence as area;
use lianwu_ports::registry::fences::FENCE_ALERTS_MAX;

use super::super::{LimitSpec, Value};
use crate::{fence, position};

pub(super) const LIMITS: &[LimitSpec] = &[
    LimitSpec {
        name: "PositionSpaces",
        unit: "spaces",
        scope: "project",
        setting: None,
        zh: "项目的位置空间",
        en: "Position spaces of a project",
        value: Value::Fixed(fence::SPACES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "Fences",
        unit: "fences",
        scope: "account",
        setting: None,
        zh: "主账号的围栏",
        en: "Fences of a main account",
        value: Value::Fixed(fence::FENCES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "FenceDevices",
        unit: "devices",
        scope: "fence",
        setting: None,
        zh: "围栏绑定的设备",
        en: "Devices bound to a fence",
        value: Value::Fixed(fence::FENCE_DEVICES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "DeviceFences",
        unit: "fences",
        scope: "device",
        setting: None,
        zh: "一台设备绑定的围栏",
        en: "Fences a device is bound to",
        value: Value::Fixed(fence::DEVICE_FENCES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "FenceAreaBytes",
        unit: "bytes",
        scope: "fence",
        setting: None,
        zh: "围栏区域的 GeoJSON 文本",
        en: "GeoJSON text of a fence's area",
        value: Value::Fixed(area::AREA_BYTES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "FenceVertices",
        unit: "positions",
        scope: "fence",
        setting: None,
        zh: "围栏区域的位置数，所有环合计",
        en: "Positions of a fence's area, all rings together",
        value: Value::Fixed(area::VERTICES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "FenceAlerts",
        unit: "alerts",
        scope: "fence",
        setting: None,
        zh: "保留的围栏告警，超出时删除最早的",
        en: "Alerts of a fence that are kept; the oldest make room",
        value: Value::Fixed(FENCE_ALERTS_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "TrackPositions",
        unit: "positions",
        scope: "call",
        setting: None,
        zh: "一次轨迹查询返回的位置",
        en: "Positions of one answer about a device's track",
        value: Value::Fixed(position::POSITIONS_MAX as u64),
        used: None,
    },
];
