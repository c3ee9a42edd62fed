//! Policies every account has without writing them. Source: spec/accounts.md 6.

use std::sync::{Arc, LazyLock};

use super::Policy;

/// A preset policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Everything, other services included.
    Administrator,
    /// Everything of the vendor's service, its logs, tags; of the platform's own service what reads devices and limits.
    FullAccess,
    /// Looking, not changing.
    ReadOnly,
    /// Counters for those who run the business; no product, no device, no data of one.
    OperationAnalytics,
}

impl Preset {
    pub const ALL: [Self; 4] = [Self::Administrator, Self::FullAccess, Self::ReadOnly, Self::OperationAnalytics];

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
            Self::OperationAnalytics => "QcloudIoTExplorerOperationAnalyticsAccess",
        }
    }

    /// The document, as shown to people.
    #[must_use]
    pub fn document(self) -> &'static str {
        match self {
            Self::Administrator => ADMINISTRATOR,
            Self::FullAccess => FULL_ACCESS,
            Self::ReadOnly => READ_ONLY,
            Self::OperationAnalytics => OPERATION_ANALYTICS,
        }
    }

    /// What it is for, as a list of policies says.
    #[must_use]
    pub fn remark(self) -> &'static str {
        match self {
            Self::Administrator => "全部权限 / everything, accounts and keys included",
            Self::FullAccess => {
                "平台全部功能，不含账号、密钥、审计和配置 / all features, without accounts, keys, audit, configuration"
            }
            Self::ReadOnly => "只读 / looking, not changing",
            Self::OperationAnalytics => "仅运营分析统计 / counters of operation analytics only",
        }
    }

    /// The compiled document; compiled once per process.
    #[must_use]
    pub fn policy(self) -> Arc<Policy> {
        static COMPILED: LazyLock<[Arc<Policy>; 4]> = LazyLock::new(|| {
            Preset::ALL.map(|preset| Arc::new(Policy::parse(preset.document()).expect("a test parses every preset")))
        });
        let [administrator, full_access, read_only, operation_analytics] = &*COMPILED;
        Arc::clone(match self {
            Self::Administrator => administrator,
            Self::FullAccess => full_access,
            Self::ReadOnly => read_only,
            Self::OperationAnalytics => operation_analytics,
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
        "iotexplorer:*", "iotcloud:*", "tag:Describe*", "tag:Get*", "lianwu:DescribeAccess",
        "lianwu:DescribeAccessPoints", "lianwu:DescribeBackendDiagnosis", "lianwu:DescribeCaller", "lianwu:DeleteProductScript",
        "lianwu:DescribeDeviceCredentials", "lianwu:DescribeDeviceDiagnosis", "lianwu:DescribeLimits", "lianwu:DescribeLogLevel", "lianwu:DescribeRemoteConfig", "lianwu:ListRemoteConfigs", "lianwu:DescribeProductScript",
        "lianwu:CancelFileTask", "lianwu:CreateFile", "lianwu:DeleteDeviceFile", "lianwu:DeleteFile",
        "lianwu:DescribeDeviceFiles", "lianwu:DescribeFile", "lianwu:ListFiles", "lianwu:ListFileTasks",
        "lianwu:PushFile",
        "lianwu:DescribeProductStorage", "lianwu:DescribeReportedInfo", "lianwu:NotifyDeviceBinding",
        "lianwu:DescribeDeviceDataSummary", "lianwu:DescribeMessageVerdict", "lianwu:DescribeModelConsequences", "lianwu:ListActionHistory", "lianwu:ListJudgedMessages", "lianwu:ListKnownProblems",
        "lianwu:ListDevices", "lianwu:ListDeviceSecrets", "lianwu:ListSubDevices",
        "lianwu:ListDeviceLog", "lianwu:ListMessages", "lianwu:ListSimulations", "lianwu:ListTags", "lianwu:ReceiveMessages",
        "lianwu:RunProductScript", "lianwu:SaveProductScript", "lianwu:SendMessages", "lianwu:SetLogLevel", "lianwu:SetRemoteConfig", "lianwu:EnableRemoteConfig",
        "lianwu:DisableRemoteConfig", "lianwu:PushRemoteConfig", "lianwu:SetProductStorage", "lianwu:SetTags", "lianwu:StartSimulation", "lianwu:StopSimulation"
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
        "iotexplorer:GetTWeTalk*", "iotexplorer:GetVodCloudStorage*", "iotcloud:Describe*", "iotcloud:List*",
        "lianwu:DescribeAccess",
        "lianwu:DescribeAccessPoints", "lianwu:DescribeBackendDiagnosis", "lianwu:DescribeCaller",
        "lianwu:DescribeDeviceCredentials", "lianwu:DescribeDeviceDiagnosis", "lianwu:DescribeLimits", "lianwu:DescribeLogLevel", "lianwu:DescribeReportedInfo", "lianwu:DescribeRemoteConfig", "lianwu:ListRemoteConfigs", "lianwu:DescribeProductScript",
        "lianwu:DescribeProductStorage", "lianwu:DescribeDeviceFiles", "lianwu:DescribeFile", "lianwu:ListFiles",
        "lianwu:ListFileTasks",
        "lianwu:DescribeDeviceDataSummary", "lianwu:DescribeMessageVerdict", "lianwu:DescribeModelConsequences", "lianwu:ListActionHistory", "lianwu:ListJudgedMessages", "lianwu:ListKnownProblems",
        "lianwu:ListDevices", "lianwu:ListDeviceSecrets", "lianwu:ListSubDevices",
        "lianwu:ListDeviceLog", "lianwu:ListMessages", "lianwu:ListSimulations", "lianwu:ListTags"
      ],
      "resource": "*"
    }
  ]
}"#;

/// Projects and instances are in it because counters are asked for by project; nothing below a project is.
const OPERATION_ANALYTICS: &str = r#"{
  "version": "2.0",
  "statement": [
    {
      "effect": "allow",
      "action": [
        "iotexplorer:GetDeviceSumStatistics", "iotexplorer:DescribeActivateDevice",
        "iotexplorer:DescribeActivateLicenseService", "iotexplorer:DescribeCloudStoragePackageConsumeStats",
        "iotexplorer:DescribeTWeSeeTaskStatistics", "iotexplorer:GetProjectList", "lianwu:DescribeAccess",
        "lianwu:DescribeCaller"
      ],
      "resource": "*"
    }
  ]
}"#;
