//! What happened to a device, as its owner reads it: content, thing-model, online/offline and diagnostic log.
//!
//! Lines are not stored. A record of the log is rendered into the lines that follow from its kind, code and note:
//! one report gives the message, the reply, its thing-model line and its diagnostic lines. Source:
//! spec/thing-model-and-console.md 7.4 and 7.5, spec/cloud-api.md 3.14, decisions 6, 8 and 21.

pub mod account;
mod glance;
mod keywords;
mod line;
pub mod notes;
mod render;
mod search;
mod source;
mod texts;
mod time;

pub use keywords::{KeywordError, Keywords};
pub use line::{Direction, Line, LineKind, Origin};
pub use render::lines;
pub use search::{LogFilter, LogPage, RECORDS_MAX, Source, Visible, search_in};
pub(crate) use source::of_device;
pub use source::{DEVICES_MAX, LogError, PRODUCTS_MAX, Subject, search};
pub(crate) use texts::Texts;
pub use time::{beijing, beijing_seconds};
