//! Replay.

use super::super::{LimitSpec, Value};
use crate::replay::{PAGE_MAX, RECORDS_READ_MAX};

pub(super) const LIMITS: &[LimitSpec] = &[
    LimitSpec {
        name: "ReplayRecords",
        unit: "records",
        scope: "call",
        setting: None,
        zh: "按条件读取日志时一次调用最多查看的记录数，超过则返回游标",
        en: "Records a call that reads the log looks at before it answers with a cursor",
        value: Value::Fixed(RECORDS_READ_MAX),
        used: None,
    },
    LimitSpec {
        name: "ReplayPage",
        unit: "messages",
        scope: "call",
        setting: None,
        zh: "ListMessages 一页的消息数",
        en: "Messages on a page of ListMessages",
        value: Value::Fixed(PAGE_MAX as u64),
        used: None,
    },
];
