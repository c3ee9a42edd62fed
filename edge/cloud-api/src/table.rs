//! One row per served operation: what it is called, what it touches, what it needs, what it does.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::access;
use crate::call::Call;
use crate::envelope;
use crate::error::ApiError;
use crate::metadata::{Operation, OperationSpec};
use crate::parameters::{self, Parameters};

/// What an operation does to what it touches; read-only policies cover the reading ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    Read,
    /// Runs to its end even when the caller hangs up: a stored change is always announced.
    Write,
}

/// What a call touches, as its request names it. Source: spec/accounts.md 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The account as a whole: only statements for resource `*` cover it.
    Account,
    /// A list of products or projects, of which callers see the rows they have rights to; perhaps of one project.
    Rows {
        project: Option<String>,
    },
    Project(String),
    Product(String),
    /// All devices of a product at once, such as their messages: none of them may be hidden from the caller.
    DevicesOf(String),
    Device(DeviceName),
    Devices(Vec<DeviceName>),
    /// Products as a whole, each of them.
    Products(Vec<String>),
    /// A position space: whoever may do it with its project may.
    Space(String),
    /// A fence: likewise.
    Fence(i64),
}

/// ProductId and DeviceName as the caller wrote them.
pub use lianwu_services::device::DeviceRef as DeviceName;

type Answer = Pin<Box<dyn Future<Output = Result<Vec<u8>, ApiError>> + Send>>;
type Run = Box<dyn Fn(Call, Parameters) -> Answer + Send + Sync>;

/// One served operation.
pub struct Row {
    pub spec: &'static OperationSpec,
    pub grant: Grant,
    run: Run,
}

impl Row {
    /// Decodes, authorises, operates, writes the answer.
    ///
    /// # Errors
    /// The refusal or failure the caller is told about.
    pub async fn answer(&self, call: Call, parameters: Parameters) -> Result<Vec<u8>, ApiError> {
        let work = (self.run)(call, parameters);
        match self.grant {
            Grant::Read => work.await,
            Grant::Write => tokio::spawn(work).await.unwrap_or_else(|error| {
                tracing::error!(%error, operation = self.spec.name, "an operation ended in a panic");
                Err(ApiError::internal())
            }),
        }
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.spec.name, self.grant)
    }
}

/// All served operations.
#[derive(Debug, Default)]
pub struct Table {
    /// By version, then by name.
    rows: BTreeMap<&'static str, BTreeMap<&'static str, Row>>,
}

impl Table {
    /// Adds an operation. Its marker type fixes the types of request and response.
    ///
    /// # Panics
    /// When the operation is in the table already.
    #[must_use]
    pub fn on<O, F, A>(mut self, _: O, grant: Grant, target: fn(&O::Request) -> Target, operate: F) -> Self
    where
        O: Operation,
        F: Fn(Call, O::Request) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Result<O::Response, ApiError>> + Send + 'static,
    {
        let spec = O::SPEC;
        let run: Run = Box::new(move |call, parameters| {
            let operate = operate.clone();
            Box::pin(async move {
                let request: O::Request = parameters::decode(spec, &parameters)?;
                access::authorise(&call, &target(&request)).await?;
                let request_id = Arc::clone(&call.request_id);
                let response = operate(call, request).await?;
                envelope::success(&response, &request_id)
            })
        });
        let before = self.rows.entry(spec.service.version).or_default().insert(spec.name, Row { spec, grant, run });
        assert!(before.is_none(), "{} is in the table twice", spec.name);
        self
    }

    #[must_use]
    pub fn find(&self, version: &str, name: &str) -> Option<&Row> {
        self.rows.get(version)?.get(name)
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().flat_map(BTreeMap::values)
    }
}
