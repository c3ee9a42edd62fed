//! Fleets of simulated devices.

use lianwu_services::simulation::{SIMULATIONS_MAX, SimulationError};

use crate::error::ApiError;

impl From<SimulationError> for ApiError {
    fn from(error: SimulationError) -> Self {
        let unsupported = |zh: &'static str, en: &'static str| Self::new("UnsupportedOperation", zh, en);
        match error {
            SimulationError::Product(error) => error.into(),
            SimulationError::Device(error) => error.into(),
            SimulationError::Invalid(invalid) => invalid.into(),
            SimulationError::Range { field, got, min, max } => Self::value(
                field,
                &format!("应为 {min} 到 {max}，收到 {got}"),
                &format!("it must be {min} to {max}, not {got}"),
            ),
            SimulationError::Off => unsupported(
                "设备模拟已关闭：请平台管理员将 limits.simulator_devices 设为大于 0，并打开 listen.mqtt。",
                "The simulator is switched off: the platform's administrator sets limits.simulator_devices above 0 and \
                 opens listen.mqtt.",
            ),
            SimulationError::CertificateProduct => unsupported(
                "产品使用证书认证：设备的私钥不在平台上，不能模拟。请使用密钥认证的产品。",
                "The product's devices sign in with certificates, whose private keys the platform has not: they cannot \
                 be simulated. Use a product with keys.",
            ),
            SimulationError::RawProduct => unsupported(
                "产品为自定义透传：平台不知道设备的字节格式，不能模拟。请使用物模型数据协议的产品。",
                "The product's devices send bytes of a form the platform does not know: they cannot be simulated. Use a \
                 product with the thing-model protocol.",
            ),
            SimulationError::NoModel => unsupported(
                "产品还没有物模型，模拟设备无从上报；请先保存物模型。",
                "The product has no thing model, so there is nothing to report; save one first.",
            ),
            SimulationError::TooManyDevices { asked, free, max } => Self::new(
                "LimitExceeded",
                format!(
                    "平台最多同时模拟 {max} 台设备，还可模拟 {free} 台，请求 {asked} 台；请停止其他模拟或减少数量。"
                ),
                format!(
                    "The platform simulates at most {max} devices at a time and has room for {free}, not {asked}; stop \
                     another simulation or take fewer."
                ),
            ),
            SimulationError::TooManySimulations => Self::new(
                "LimitExceeded",
                format!("已有 {SIMULATIONS_MAX} 个模拟在运行，请先停止一个。"),
                format!("{SIMULATIONS_MAX} simulations are running; stop one first."),
            ),
            SimulationError::TooFewReady { ready, asked } => Self::new(
                "FailedOperation",
                format!(
                    "名称符合且已启用、当前离线的设备只有 {ready} 台，请求 {asked} 台；请减少数量，或选择创建缺少的设备。"
                ),
                format!(
                    "Only {ready} devices of such names are enabled and offline, {asked} are asked for; take fewer, or have \
                     the missing ones made."
                ),
            ),
            SimulationError::NotReady(device) => Self::new(
                "FailedOperation",
                format!("设备 `{device}` 在线、已禁用或由网关代理，不能模拟；请更换 NamePrefix，或先让它离线。"),
                format!(
                    "The device `{device}` is online, disabled or behind a gateway and cannot be played; choose another \
                     NamePrefix, or take it offline first."
                ),
            ),
            SimulationError::NotFound(id) => Self::new(
                "ResourceNotFound",
                format!("模拟 `{id}` 不存在，请检查 SimulationId；平台重启后模拟不保留。"),
                format!(
                    "The simulation `{id}` does not exist; check SimulationId. None outlives a restart of the platform."
                ),
            ),
            SimulationError::Failed(why) => {
                tracing::warn!(why, "a simulation could not start");
                Self::new(
                    "FailedOperation",
                    format!("模拟无法启动：{why}。"),
                    format!("The simulation cannot start: {why}."),
                )
            }
        }
    }
}
