//! One call on its way: who calls, from where, in which region.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use lianwu_model::Uin;
use lianwu_services::Platform;
use lianwu_services::account::Member;
use lianwu_services::limits::Facts;

use crate::cursor::CursorSeal;
use crate::error::Language;
use crate::metadata::OperationSpec;

/// What every operation is given. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Call {
    pub platform: Arc<Platform>,
    pub spec: &'static OperationSpec,
    /// Who calls: proved by a signature, or signed in to the console.
    pub caller: Arc<Member>,
    /// UUID v4, lower case.
    pub request_id: Arc<str>,
    /// Long form, one of those served.
    pub region: Arc<str>,
    pub source: Option<IpAddr>,
    pub language: Language,
    pub cursors: CursorSeal,
    /// What the application knows of the running instance.
    pub facts: Arc<Facts>,
    /// Names of what the call touches, once they are known; for the audit line.
    pub resources: Arc<OnceLock<String>>,
}

impl Call {
    /// The main account everything belongs to.
    #[must_use]
    pub fn owner(&self) -> Uin {
        self.caller.principal.owner
    }
}
