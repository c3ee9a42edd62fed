//! Six-segment resource names: `qcs:<project>:<service>:<region>:<account>:<resource>`.
//!
//! Source: spec/accounts.md 4.

use std::fmt;

use super::PolicyFault;
use super::pattern::Pattern;
use crate::{DeviceName, InstanceId, ProductId, ProjectId, Uin};

/// Short and long spelling of the regions the vendor names; other names have one spelling.
const REGIONS: [(&str, &str); 7] = [
    ("gz", "ap-guangzhou"),
    ("bj", "ap-beijing"),
    ("sh", "ap-shanghai"),
    ("shjr", "ap-shanghai-fsi"),
    ("th", "ap-bangkok"),
    ("de", "eu-frankfurt"),
    ("use", "na-ashburn"),
];

fn long_region(region: &str) -> &str {
    REGIONS.iter().find(|(short, _)| *short == region).map_or(region, |(_, long)| long)
}

/// What the names of one account's objects have in common.
#[derive(Clone, Copy, Debug)]
pub struct ResourceScope<'a> {
    /// `iotexplorer`, or `iotcloud` for the log actions of the hub.
    pub service: &'a str,
    /// Region of the call, long or short.
    pub region: &'a str,
    /// Main account that owns the objects.
    pub owner: Uin,
    /// Its AppId, for policies that say `uid/<appid>`.
    pub app_id: Option<u64>,
}

impl ResourceScope<'_> {
    #[must_use]
    pub fn project(&self, project: &ProjectId) -> ResourceName {
        self.named(format!("project/{project}"))
    }

    #[must_use]
    pub fn product(&self, project: &ProjectId, product: ProductId) -> ResourceName {
        self.named(format!("project/{project}/product/{product}"))
    }

    /// All products of a project, as the refusal of a search names them.
    #[must_use]
    pub fn products_of(&self, project: &ProjectId) -> ResourceName {
        self.named(format!("project/{project}/product/*"))
    }

    #[must_use]
    pub fn device(&self, project: &ProjectId, product: ProductId, device: &DeviceName) -> ResourceName {
        self.named(format!("project/{project}/product/{product}/device/{device}"))
    }

    /// All devices of a product, as a list of them is judged.
    #[must_use]
    pub fn devices_of(&self, project: &ProjectId, product: ProductId) -> ResourceName {
        self.named(format!("project/{project}/product/{product}/device/*"))
    }

    #[must_use]
    pub fn instance(&self, instance: &InstanceId) -> ResourceName {
        self.named(format!("instance/{instance}"))
    }

    fn named(&self, path: String) -> ResourceName {
        ResourceName {
            service: self.service.to_owned(),
            region: self.region.to_owned(),
            owner: self.owner,
            app_id: self.app_id,
            path,
        }
    }
}

/// Name of one object. `Display` is the form that policies and refusals use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceName {
    service: String,
    region: String,
    owner: Uin,
    app_id: Option<u64>,
    path: String,
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "qcs::{}:{}:uin/{}:{}", self.service, self.region, self.owner, self.path)
    }
}

/// The resource of a statement.
#[derive(Clone, Debug)]
pub(super) enum ResourcePattern {
    /// `*`
    Everything,
    Named {
        service: Pattern,
        region: Option<Pattern>,
        account: Account,
        path: Pattern,
    },
}

#[derive(Clone, Debug)]
pub(super) enum Account {
    /// Left empty: the account the policy belongs to, which is the only one it is ever asked about.
    Own,
    Uin(Pattern),
    AppId(Pattern),
}

impl ResourcePattern {
    pub(super) fn parse(text: &str) -> Result<Self, PolicyFault> {
        if !text.is_empty() && text.bytes().all(|b| b == b'*') {
            return Ok(Self::Everything);
        }
        let mut parts = text.splitn(6, ':');
        let (Some("qcs"), Some(project), Some(service), Some(region), Some(account), Some(path)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(PolicyFault::ResourceForm);
        };
        if !matches!(project, "" | "*" | "id/0") {
            return Err(PolicyFault::ResourceProject);
        }
        if service.is_empty() || path.is_empty() {
            return Err(PolicyFault::ResourceForm);
        }
        let account = match account.split_once('/') {
            None if matches!(account, "" | "*") => Account::Own,
            Some(("uin", uin)) if is_number_pattern(uin) => Account::Uin(Pattern::new(uin)),
            Some(("uid", app_id)) if is_number_pattern(app_id) => Account::AppId(Pattern::new(app_id)),
            _ => return Err(PolicyFault::ResourceAccount),
        };
        let region = (!region.is_empty()).then(|| Pattern::new(long_region(region)));
        Ok(Self::Named { service: Pattern::new(service), region, account, path: Pattern::new(without_slash(path)) })
    }

    pub(super) fn is_everything(&self) -> bool {
        matches!(self, Self::Everything)
    }

    pub(super) fn matches(&self, name: &ResourceName) -> bool {
        let Self::Named { service, region, account, path } = self else { return true };
        let is_region = |pattern: &Pattern| name.region.is_empty() || pattern.matches(long_region(&name.region));
        let is_account = match account {
            Account::Own => true,
            Account::Uin(uin) => uin.matches(&name.owner.to_string()),
            Account::AppId(app_id) => name.app_id.is_some_and(|id| app_id.matches(&id.to_string())),
        };
        is_account
            && service.matches(&name.service)
            && region.as_ref().is_none_or(is_region)
            && path.matches(without_slash(&name.path))
    }
}

fn is_number_pattern(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'*')
}

/// The documents write some names with a slash at the end; both forms name the same object.
fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(path)
}
