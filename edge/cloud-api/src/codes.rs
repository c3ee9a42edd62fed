//! Vendor codes: one exhaustive match per error type, so that a new kind of failure does not compile until someone
//! has decided what the customer sees. Source: spec/cloud-api.md 1.8 and the tables of section 2.

mod account;
mod broadcast;
mod certificate;
mod definition;
mod device;
mod device_log;
mod diagnosis;
mod fence;
mod file;
mod gateway;
pub(crate) mod logs;
mod message;
mod remote_config;
mod replay;
mod rrpc;
mod script;
mod shadow;
mod signature;
mod simulation;
mod topic_policy;

use lianwu_model::product::DevelopmentStatus;
use lianwu_ports::registry::StoreError;
use lianwu_services::invalid::{Invalid, Rule};
use lianwu_services::product::ProductError;
use lianwu_services::project::ProjectError;
use lianwu_services::registration::ConfigureError;
use lianwu_services::thing_model::ThingModelError;

use crate::error::ApiError;

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        let field = invalid.field;
        match invalid.rule {
            Rule::Characters { min, max } => {
                let zh = format!("长度应为 {min} 到 {max} 个字符");
                Self::value(field, &zh, &format!("it must have {min} to {max} characters"))
            }
            Rule::OneOf(values) => {
                Self::value(field, &format!("可选值为 {values}"), &format!("it must be one of {values}"))
            }
            Rule::Count { min, max } => {
                let zh = format!("数量应为 {min} 到 {max}");
                Self::value(field, &zh, &format!("it must have {min} to {max} entries"))
            }
            Rule::Days { max } => {
                let zh = format!(
                    "应为 1 到 {max} 天，0 表示使用平台默认值；上限由平台管理员用 retention.product_days_max 设置"
                );
                let en = format!(
                    "it must be 1 to {max} days, or 0 for the platform's own; the platform's administrator sets the most \
                     with retention.product_days_max"
                );
                Self::value(field, &zh, &en)
            }
            Rule::Form { zh, en } => Self::value(field, &format!("应为{zh}"), &format!("it must be {en}")),
        }
    }
}

/// A registry failure is logged where it becomes an answer.
fn store(error: &StoreError) -> ApiError {
    tracing::error!(%error, "the registry failed");
    ApiError::internal().with_code("InternalError.DBOperationError")
}

impl From<ProjectError> for ApiError {
    fn from(error: ProjectError) -> Self {
        match error {
            ProjectError::Invalid(invalid) => Self::from(invalid).with_code("InvalidParameterValue.ProjectParmsError"),
            ProjectError::NotFound(id) => Self::new(
                "ResourceNotFound.ProjectNotExist",
                format!("项目 `{id}` 不存在，请检查 ProjectId。"),
                format!("The project `{id}` does not exist; check ProjectId."),
            ),
            ProjectError::InstanceNotFound(id) => Self::new(
                "ResourceNotFound.InstanceNotExist",
                format!("实例 `{id}` 不存在，请检查 InstanceId。"),
                format!("The instance `{id}` does not exist; check InstanceId."),
            ),
            ProjectError::NameTaken => Self::new(
                "UnsupportedOperation.ProjectDupKeyExist",
                "账号下已有同名项目，请更换 ProjectName。",
                "The account has a project of this name; choose another ProjectName.",
            ),
            ProjectError::TooMany(max) => Self::new(
                "LimitExceeded.ProjectExceedLimit",
                format!("项目数量已达上限 {max}，请先删除不用的项目。"),
                format!("The account has {max} projects, as many as allowed; delete one first."),
            ),
            ProjectError::HasProducts => Self::new(
                "UnsupportedOperation.ProductExistUnderProject",
                "项目下有产品，请先删除产品。",
                "The project has products; delete them first.",
            ),
            ProjectError::Store(error) => store(&error),
        }
    }
}

impl From<ProductError> for ApiError {
    fn from(error: ProductError) -> Self {
        match error {
            ProductError::Invalid(invalid) => Self::from(invalid).with_code("InvalidParameterValue.ProductParmsError"),
            ProductError::NotFound(id) => Self::new(
                "ResourceNotFound.StudioProductNotExist",
                format!("产品 `{id}` 不存在，请检查 ProductId。"),
                format!("The product `{id}` does not exist; check ProductId."),
            ),
            ProductError::Project(error) => error.into(),
            ProductError::NameTaken => Self::new(
                "InvalidParameterValue.ProductAlreadyExist",
                "账号下已有同名产品，请更换 ProductName。",
                "The account has a product of this name; choose another ProductName.",
            ),
            ProductError::TooMany(max) => Self::new(
                "LimitExceeded.StudioProductExceedLimit",
                format!("项目下的产品数量已达上限 {max}，请先删除不用的产品。"),
                format!("The project has {max} products, as many as allowed; delete one first."),
            ),
            ProductError::Released => Self::new(
                "UnsupportedOperation",
                "产品已发布，不能再修改；请新建产品。",
                "The product is released and cannot be changed; create a new product.",
            ),
            ProductError::NoSuchStep { from, to } => {
                let (from, to) = (status(from), status(to));
                Self::new(
                    "UnsupportedOperation",
                    format!("产品状态不能从 `{from}` 变为 `{to}`。"),
                    format!("A product cannot go from `{from}` to `{to}`."),
                )
            }
            ProductError::HasDevices => Self::new(
                "UnsupportedOperation.DevicesExistUnderProduct",
                "产品下有设备，请先删除设备。",
                "The product has devices; delete them first.",
            ),
            ProductError::TakesProducts => Self::new(
                "UnsupportedOperation.GatewayProductHasBindedProduct",
                "网关产品已绑定子产品，请先调用 UnbindProducts。",
                "The gateway product takes devices of other products; call UnbindProducts first.",
            ),
            ProductError::IsTaken => Self::new(
                "UnsupportedOperation.ProductHasBindedGateWayProduct",
                "产品已绑定到网关产品，请先调用 UnbindProducts。",
                "A gateway product takes the product's devices; call UnbindProducts first.",
            ),
            ProductError::Store(error) => store(&error),
        }
    }
}

impl From<ConfigureError> for ApiError {
    fn from(error: ConfigureError) -> Self {
        match error {
            ConfigureError::Product(error) => error.into(),
            ConfigureError::Invalid(invalid) => invalid.into(),
            ConfigureError::Released => Self::new(
                "UnsupportedOperation.NoPermissionToReleasedProduct",
                "产品已发布，动态注册设置不可修改；请在发布前设置，或新建产品。",
                "The product is released: its dynamic registration is frozen; set it before the release, or create a new product.",
            ),
        }
    }
}

/// The word of the wire. Source: spec/cloud-api.md 3.2.
pub(crate) fn status(status: DevelopmentStatus) -> &'static str {
    match status {
        DevelopmentStatus::Developing => "dev",
        DevelopmentStatus::Audit => "audit",
        DevelopmentStatus::Released => "released",
    }
}

impl From<ThingModelError> for ApiError {
    fn from(error: ThingModelError) -> Self {
        match error {
            ThingModelError::Product(error) => error.into(),
            ThingModelError::Definition(error) => definition::refusal(&error),
            ThingModelError::Frozen(now) => Self::new(
                "UnsupportedOperation.NoPermissionToReleasedProduct",
                format!("产品状态为 `{}`，物模型不可修改；请新建产品。", status(now)),
                format!("The product is `{}`: its thing model is frozen; create a new product.", status(now)),
            ),
            ThingModelError::Store(error) => store(&error),
            ThingModelError::Telemetry(error) => error.into(),
        }
    }
}
