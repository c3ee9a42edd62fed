//! Policies every account has without writing them. Source: spec/accounts.md 6.

use std::sync::{Arc, LazyLock};

use super::Policy;

/// A preset policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Everything, other services included.
    Administrator,
    /// Everything of this service, its logs, and reading tags.
    FullAccess,
    /// Looking, not changing.
    ReadOnly,
}

impl Preset {
    pub const ALL: [Self; 3] = [Self::Administrator, Self::FullAccess, Self::ReadOnly];

    /// Finds a preset by any of its spellings: upper and lower case alike, with or without `Qcloud` in front.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let short = |name: &str| name.strip_prefix("qcloud").map(str::to_owned);
        let wanted = short(&lower).unwrap_or(lower);
        Self::ALL.into_iter().find(|preset| {
            let own = preset.name().to_ascii_lowercase();
            short(&own).unwrap_or(own) == wanted
        })
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Administrator => "AdministratorAccess",
            Self::FullAccess => "QcloudIoTExplorerFullAccess",
            Self::ReadOnly => "QcloudIoTExplorerReadOnlyAccess",
        }
    }

    /// The document, as shown to people.
    #[must_use]
    pub fn document(self) -> &'static str {
        match self {
            Self::Administrator => ADMINISTRATOR,
            Self::FullAccess => FULL_ACCESS,
            Self::ReadOnly => READ_ONLY,
        }
    }

    /// The compiled document; compiled once per process.
    #[must_use]
    pub fn policy(self) -> Arc<Policy> {
        static COMPILED: LazyLock<[Arc<Policy>; 3]> = LazyLock::new(|| {
            Preset::ALL.map(|preset| Arc::new(Policy::parse(preset.document()).expect("a test parses every preset")))
        });
        let [administrator, full_access, read_only] = &*COMPILED;
        Arc::clone(match self {
            Self::Administrator => administrator,
            Self::FullAccess => full_access,
            Self::ReadOnly => read_only,
        })
    }
}

const ADMINISTRATOR: &str = r#"{"version":"2.0","statement":[{"effect":"allow","action":"*","resource":"*"}]}"#;

const FULL_ACCESS: &str = r#"{
  "version": "2.0",
  "statement": [
    {
      "effect": "allow",
      "action": [
        "iotexplorer:*", "iotcloud:*", "tag:Describe*", "tag:Get*", "lianwu:DescribeAccessPoints",
        "lianwu:DescribeDeviceDiagnosis", "lianwu:DescribeLimits", "lianwu:ListDeviceLog", "lianwu:ListMessages"
      ],
      "resource": "*"
    }
  ]
}"#;

/// The `Get` actions are listed one by one: GetCOSURL and GetWechatDeviceTicket hand out capabilities, and a deny for
/// them would also overrule what other policies of the same account allow.
const READ_ONLY: &str = r#"{
  "version": "2.0",
  "statement": [
    {
      "effect": "allow",
      "action": [
        "iotexplorer:Describe*", "iotexplorer:List*", "iotexplorer:Search*", "iotexplorer:Check*",
        "iotexplorer:GetAuthMiniProgramAppList", "iotexplorer:GetBatchProductionsList", "iotexplorer:GetDevice*",
        "iotexplorer:GetFamilyDeviceUserList", "iotexplorer:GetGatewaySubDeviceList",
        "iotexplorer:GetLoRaGatewayList", "iotexplorer:GetPositionSpaceList", "iotexplorer:GetProjectList",
        "iotexplorer:GetStudioProductList", "iotexplorer:GetTopicRuleList", "iotexplorer:GetTWeCallActiveStatus",
        "iotexplorer:GetTWeTalk*", "iotexplorer:GetVodCloudStorage*", "iotcloud:List*", "lianwu:DescribeAccessPoints",
        "lianwu:DescribeDeviceDiagnosis", "lianwu:DescribeLimits", "lianwu:ListDeviceLog", "lianwu:ListMessages"
      ],
      "resource": "*"
    }
  ]
}"#;
