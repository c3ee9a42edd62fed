//! One line per call: who did what to which resource, with which outcome. Never a secret, never a parameter's value.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::http::request::Parts;
use lianwu_services::account::Signer;

use super::common::Common;
use crate::call::Call;
use crate::error::{ApiError, Language};

/// What is known of a call so far.
#[derive(Debug)]
pub(super) struct Audit {
    start: Instant,
    request_id: Arc<str>,
    source: Option<IpAddr>,
    language: Language,
    action: String,
    region: String,
    client: String,
    secret_id: String,
    owner: u64,
    uin: u64,
    resources: Arc<OnceLock<String>>,
}

impl Audit {
    pub(super) fn start(start: Instant, request_id: Arc<str>, source: Option<IpAddr>, head: &Parts) -> Self {
        // A call that cannot be read is refused in the language it seems to ask for.
        let header = head.headers.get("x-tc-language").and_then(|value| value.to_str().ok());
        let query = head.uri.query().unwrap_or_default();
        let language = header.or_else(|| query.split('&').find_map(|pair| pair.strip_prefix("Language=")));
        Self {
            start,
            request_id,
            source,
            language: Language::from_tag(language),
            action: String::new(),
            region: String::new(),
            client: String::new(),
            secret_id: String::new(),
            owner: 0,
            uin: 0,
            resources: Arc::default(),
        }
    }

    /// Language of the answer, as far as it is known.
    pub(super) fn language(&self) -> Language {
        self.language
    }

    pub(super) fn is_for(&mut self, common: &Common) {
        self.language = common.language;
        self.action = common.action.chars().take(64).collect();
        self.region.clone_from(&common.region);
        self.client = common.client.chars().take(128).collect();
    }

    /// Called once the signature has proved it.
    pub(super) fn is_by(&mut self, signer: &Signer, secret_id: &str) {
        self.secret_id = secret_id.to_owned();
        self.owner = signer.principal.owner.0;
        self.uin = signer.principal.uin.0;
    }

    pub(super) fn touches(&mut self, call: &Call) {
        self.resources = Arc::clone(&call.resources);
    }

    pub(super) fn write(&self, error: Option<&ApiError>) {
        let source = self.source.map(|source| source.to_string()).unwrap_or_default();
        tracing::info!(
            target: "lianwu::audit",
            request_id = %self.request_id,
            action = self.action,
            code = error.map_or("OK", |error| error.code),
            owner = self.owner,
            uin = self.uin,
            secret_id = self.secret_id,
            source,
            region = self.region,
            client = self.client,
            resources = self.resources.get().map_or("", String::as_str),
            latency_us = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX),
            "cloud API call"
        );
    }
}
