//! The vendor's signed cloud API over HTTP: who calls, which operation, how the answer looks on the wire.
//!
//! Must not know: storage engines, MQTT, how an operation is carried out (that is `platform/services`).
//! Start reading at [`signature`] (who signed a request).

pub mod signature;
