//! Every limit the program enforces, with its present use: the answer to "which limits apply to me?".
//!
//! [`table`] is the one list; the API and the page in `docs/` are made from it. What only the running program knows
//! comes in as [`Facts`].

mod facts;
mod table;

use std::collections::HashMap;

use lianwu_model::Uin;
use lianwu_model::product::DevelopmentStatus;
use lianwu_ports::registry::{ProjectFilter, Slice};

use crate::platform::Limits;
use crate::project::{self, ProjectError};
use crate::{Platform, account};

pub use facts::{AccessBounds, AccessPoint, BackendsUse, Facts, Measures, RatesUse, Setting, Source};
pub use table::table;

/// One limit as it is written down.
#[derive(Clone, Copy, Debug)]
pub struct LimitSpec {
    pub name: &'static str,
    /// What the number counts: `messages/s`, `bytes`, `ms` and so on.
    pub unit: &'static str,
    /// What it is counted for: `device`, `product`, `account` and so on.
    pub scope: &'static str,
    /// The key of the configuration that sets it; none for a bound of the protocol or of the program.
    pub setting: Option<&'static str>,
    pub zh: &'static str,
    pub en: &'static str,
    pub value: Value,
    pub used: Option<Use>,
}

/// Where the number comes from.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    Fixed(u64),
    /// A setting that has no "no limit".
    Set(fn(&Limits) -> u64),
    /// A setting for which 0 means "no limit".
    SetOrUnlimited(fn(&Limits) -> u64),
    /// Of device access; absent while it is switched off.
    Access(fn(&AccessBounds) -> u64),
}

/// A present use that can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Projects of the account.
    Projects,
    /// Products of the account's fullest project.
    FullestProject,
    /// Devices of the account's fullest product that is not released.
    FullestDevelopedProduct,
    /// Keys of the caller.
    Keys,
    /// Properties and events of the account's longest thing model.
    LongestModel,
    /// Actions of the account's longest thing model.
    MostActions,
    /// Open device connections of the instance.
    Connections,
    /// Messages of all devices in the last full second.
    MessagesLastSecond,
    /// Messages of about the last second, of the account's busiest product; counted while there is a limit.
    ProductUp,
    ProductDown,
    /// Of all devices; counted while there is a limit.
    InstanceDown,
    InstanceSignIns,
    /// Kept sessions of the account's backends.
    BackendSessions,
    /// Messages that wait for the fullest of them, and their bytes.
    BackendSessionMessages,
    BackendSessionBytes,
    /// Filters of the one with most.
    BackendSessionFilters,
    /// Filters of all backends of the account.
    AccountFilters,
    RetainedMessages,
    RetainedBytes,
}

/// One limit with its value and its use now.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub spec: &'static LimitSpec,
    /// `None` is no limit.
    pub value: Option<u64>,
    /// `None` when it cannot be counted.
    pub used: Option<u64>,
}

/// Who asks: some uses are counted per account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    pub owner: Uin,
    pub principal: Uin,
    /// Belongs to the account that administers the platform. Others are not told what all accounts use together.
    pub administers: bool,
}

/// Every limit of the table that applies to this instance.
///
/// # Errors
/// When the registry fails.
pub async fn list(platform: &Platform, facts: &Facts, asker: Asker) -> Result<Vec<Limit>, ProjectError> {
    let counted = Counted::now(platform, facts, asker).await?;
    let limit = |spec: &'static LimitSpec| {
        let value = value(spec, &platform.limits, facts.access.as_ref())?;
        Some(Limit { spec, value, used: spec.used.and_then(|used| counted.of(used)) })
    };
    Ok(table().filter_map(limit).collect())
}

/// The limit in force, `Some(None)` for "no limit"; `None` when it does not apply.
#[must_use]
pub fn value(spec: &LimitSpec, limits: &Limits, access: Option<&AccessBounds>) -> Option<Option<u64>> {
    match spec.value {
        Value::Fixed(value) => Some(Some(value)),
        Value::Set(read) => Some(Some(read(limits))),
        Value::SetOrUnlimited(read) => Some(Some(read(limits)).filter(|value| *value != 0)),
        Value::Access(read) => access.map(|access| Some(read(access))),
    }
}

/// Present uses, counted once for all limits.
#[derive(Debug, Default)]
struct Counted {
    projects: u64,
    fullest_project: u64,
    fullest_developed_product: u64,
    keys: u64,
    longest_model: u64,
    most_actions: u64,
    connections: Option<u64>,
    messages_last_second: Option<u64>,
    rates: RatesUse,
    backends: Option<BackendsUse>,
}

impl Counted {
    async fn now(platform: &Platform, facts: &Facts, asker: Asker) -> Result<Self, ProjectError> {
        let mine = ProjectFilter { owner: Some(asker.owner), ..ProjectFilter::default() };
        let projects = project::list(platform, mine, Slice { offset: 0, limit: 1 }).await?.total;
        let keys = account::keys(platform, asker.principal).len() as u64;
        let mut counted = Self { projects, keys, ..Self::default() };
        counted.count_products(platform, asker.owner);
        if let Some(measures) = facts.measures.as_ref().filter(|_| asker.administers) {
            counted.connections = Some(measures.connections());
            counted.messages_last_second = Some(measures.messages_last_second());
            counted.rates = measures.rates(None);
        }
        if let Some(measures) = &facts.measures {
            counted.count_rates(platform, measures.as_ref(), asker.owner);
        }
        counted.backends = facts.measures.as_ref().map(|measures| measures.backends(asker.owner));
        Ok(counted)
    }

    fn count_rates(&mut self, platform: &Platform, measures: &dyn Measures, owner: Uin) {
        for found in platform.catalog.owned_by(owner) {
            let RatesUse { product_up, product_down, .. } = measures.rates(Some(found.product.id));
            self.rates.product_up = self.rates.product_up.max(product_up);
            self.rates.product_down = self.rates.product_down.max(product_down);
        }
    }

    fn count_products(&mut self, platform: &Platform, owner: Uin) {
        let mut per_project: HashMap<_, u64> = HashMap::new();
        for found in platform.catalog.owned_by(owner) {
            *per_project.entry(found.product.project.clone()).or_default() += 1;
            if found.product.status != DevelopmentStatus::Released {
                let devices = platform.directory.count(found.product.id);
                self.fullest_developed_product = self.fullest_developed_product.max(devices);
            }
            if let Some(model) = &found.model {
                let model = &model.definition;
                let entries = (model.properties.len() + model.events.len()) as u64;
                self.longest_model = self.longest_model.max(entries);
                self.most_actions = self.most_actions.max(model.actions.len() as u64);
            }
        }
        self.fullest_project = per_project.into_values().max().unwrap_or(0);
    }

    fn of(&self, used: Use) -> Option<u64> {
        match used {
            Use::Projects => Some(self.projects),
            Use::FullestProject => Some(self.fullest_project),
            Use::FullestDevelopedProduct => Some(self.fullest_developed_product),
            Use::Keys => Some(self.keys),
            Use::LongestModel => Some(self.longest_model),
            Use::MostActions => Some(self.most_actions),
            Use::Connections => self.connections,
            Use::MessagesLastSecond => self.messages_last_second,
            Use::ProductUp => self.rates.product_up,
            Use::ProductDown => self.rates.product_down,
            Use::InstanceDown => self.rates.instance_down,
            Use::InstanceSignIns => self.rates.sign_ins,
            Use::BackendSessions => self.backends.map(|used| used.sessions),
            Use::BackendSessionMessages => self.backends.map(|used| used.session_messages),
            Use::BackendSessionBytes => self.backends.map(|used| used.session_bytes),
            Use::BackendSessionFilters => self.backends.map(|used| used.session_filters),
            Use::AccountFilters => self.backends.map(|used| used.filters),
            Use::RetainedMessages => self.backends.map(|used| used.retained_messages),
            Use::RetainedBytes => self.backends.map(|used| used.retained_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Is every limit named once and described in both languages, without a full stop that would end a table row oddly?
    #[test]
    fn every_limit_is_named_once_and_described_twice() {
        let names: BTreeSet<_> = table().map(|spec| spec.name).collect();
        assert_eq!(names.len(), table().count());
        for spec in table() {
            assert!(!spec.zh.is_ascii() && spec.en.is_ascii(), "{}", spec.name);
            assert!(!spec.en.contains('|') && !spec.zh.contains('|'), "{}", spec.name);
        }
    }

    /// Does 0 mean "no limit" exactly where the configuration says so?
    #[test]
    fn zero_is_no_limit_only_where_the_configuration_says_so() {
        let zero = Limits { device_up_tps: 0, reply_wait_ms: 0, ..Limits::default() };
        let of = |setting| {
            let spec = table().find(|spec| spec.setting == Some(setting)).unwrap();
            value(spec, &zero, None)
        };
        assert_eq!(of("limits.device_up_tps"), Some(None));
        assert_eq!(of("limits.reply_wait_ms"), Some(Some(0)));
        assert_eq!(of("retention.days"), Some(Some(3)));
    }

    /// Are bounds of device access left out while it is switched off?
    #[test]
    fn bounds_of_a_listener_that_is_off_do_not_apply() {
        let bounds = table().filter(|spec| matches!(spec.value, Value::Access(_)));
        for spec in bounds {
            assert_eq!(value(spec, &Limits::default(), None), None, "{}", spec.name);
        }
    }
}
