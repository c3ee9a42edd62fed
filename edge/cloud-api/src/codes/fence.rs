//! Spaces, fences and positions.

use lianwu_model::fence::AreaError;
use lianwu_services::fence::FenceError;
use lianwu_services::position::PositionError;

use super::store;
use crate::error::ApiError;

impl From<FenceError> for ApiError {
    fn from(error: FenceError) -> Self {
        match error {
            FenceError::Invalid(invalid) => invalid.into(),
            FenceError::Project(error) => error.into(),
            FenceError::Product(error) => error.into(),
            FenceError::Device(error) => error.into(),
            FenceError::SpaceNotFound(id) => Self::new(
                "ResourceNotFound.SpaceNotExist",
                format!("位置空间 `{id}` 不存在，请检查 SpaceId。"),
                format!("The space `{id}` does not exist; check SpaceId."),
            ),
            FenceError::FenceNotFound(id) => Self::new(
                "ResourceNotFound.FenceNotExist",
                format!("围栏 `{id}` 不存在，请检查 FenceId。"),
                format!("The fence `{id}` does not exist; check FenceId."),
            ),
            FenceError::SpaceNameTaken => Self::new(
                "UnsupportedOperation.SpaceDupKeyExist",
                "项目下已有同名位置空间，请更换 SpaceName。",
                "The project has a space of this name; choose another SpaceName.",
            ),
            FenceError::FenceNameTaken => Self::new(
                "UnsupportedOperation.FenceDupKeyExist",
                "位置空间下已有同名围栏，请更换 FenceName。",
                "The space has a fence of this name; choose another FenceName.",
            ),
            FenceError::HasFences => Self::new(
                "UnsupportedOperation.FenceExistUnderSpace",
                "无法删除该空间项目：空间下有围栏，请先删除围栏。",
                "The space has fences; delete them first.",
            ),
            FenceError::HasBinds => Self::new(
                "UnsupportedOperation.BindsExistUnderFence",
                "围栏绑定了设备，请先调用 DeleteFenceBind 解绑。",
                "Devices are bound to the fence; unbind them with DeleteFenceBind first.",
            ),
            FenceError::Area(error) => area(&error),
            FenceError::NotInSpace(product) => Self::value(
                "ProductId",
                &format!("产品 `{product}` 不在围栏所在的位置空间中，请先用 ModifyPositionSpace 加入"),
                &format!("the product `{product}` is not in the space; add it with ModifyPositionSpace"),
            ),
            FenceError::AlreadyBound(device) => Self::value(
                "Items",
                &format!("设备 `{device}` 已绑定该围栏，请用 ModifyFenceBind 修改"),
                &format!("the device `{device}` is bound to the fence already; change it with ModifyFenceBind"),
            ),
            FenceError::NotBound(device) => Self::new(
                "ResourceNotFound.FenceBindNotExist",
                format!("设备 `{device}` 没有绑定该围栏，请用 DescribeFenceBindList 查看。"),
                format!("The device `{device}` is not bound to the fence; see DescribeFenceBindList."),
            ),
            FenceError::NamedTwice(device) => {
                Self::value("Items", &format!("设备 `{device}` 重复"), &format!("the device `{device}` is named twice"))
            }
            FenceError::TooMany(what, max) => Self::new(
                "LimitExceeded",
                format!("数量已达上限 {max}（{}），请先删除不用的。", in_chinese(what)),
                format!("There are {max} {what}, as many as allowed; delete some first."),
            ),
            FenceError::Store(error) => store(&error),
        }
    }
}

/// Of what there are too many.
fn in_chinese(what: &str) -> &'static str {
    match what {
        "spaces of the project" => "项目的位置空间",
        "fences of the account" => "账号的围栏",
        "devices of the fence" => "围栏绑定的设备",
        _ => "设备绑定的围栏",
    }
}

fn area(error: &AreaError) -> ApiError {
    let zh = match error {
        AreaError::TooLong(_) => "文本过长",
        AreaError::Json(_) => "不是 JSON",
        AreaError::Form(_) => {
            "不是支持的 GeoJSON（FeatureCollection、Polygon、MultiPolygon，圆为带 radius 属性的 Point）"
        }
        AreaError::Open => "多边形的环应首尾相同",
        AreaError::Short => "多边形的环至少有四个位置，最后一个与第一个相同",
        AreaError::Flat => "多边形的环没有围成面积",
        AreaError::Place => "经度应为 -180 到 180，纬度应为 -90 到 90",
        AreaError::Antimeridian => "跨越 180 度经线的区域请在该经线处分成两块，用 MultiPolygon 表示",
        AreaError::TooMany => "位置过多",
        AreaError::Radius => "圆的 radius 应为大于 0 的米数，最大 1000000",
    };
    ApiError::value("FenceArea", &format!("{zh}（{error}）"), &error.to_string())
}

impl From<PositionError> for ApiError {
    fn from(error: PositionError) -> Self {
        match error {
            PositionError::Telemetry(error) => error.into(),
            PositionError::Store(error) => store(&error),
        }
    }
}
