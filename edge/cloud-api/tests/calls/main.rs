//! Signed calls through the whole edge, in process, over the twins in memory.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

mod account_log;
mod accounts;
mod action_history;
mod administration;
mod audit;
mod broadcast;
mod certificates;
mod coverage;
mod credentials;
mod data;
mod device_list;
mod devices;
mod diagnosis;
mod envelope;
mod fences;
mod files;
mod gateways;
mod limits;
mod logs;
mod main_accounts;
mod models;
mod parameters;
mod permissions;
mod products;
mod projects;
mod publish;
mod registration;
mod remote_config;
mod replay;
mod rrpc;
mod scripts;
mod shadow;
mod simulations;
mod statistics;
mod storage;
mod support;
mod topic_policy;
