// Written by `cargo xtask generate` from spec/*-api.json: change those, not this.

//! The structures those operations are made of.

use serde::{Deserialize, Serialize};

use crate::metadata::wire;

#[derive(Clone, Default, Serialize)]
pub struct AccessPointItem {
    #[serde(rename = "Protocol")]
    pub protocol: String,
    #[serde(rename = "Host")]
    pub host: String,
    #[serde(rename = "Port")]
    pub port: u64,
    #[serde(rename = "Encrypted")]
    pub encrypted: bool,
}

#[derive(Clone, Default, Serialize)]
pub struct AccountLogRow {
    #[serde(rename = "Time")]
    pub time: u64,
    #[serde(rename = "Event")]
    pub event: String,
    #[serde(rename = "ClientId")]
    pub client_id: String,
    #[serde(rename = "Uin")]
    pub uin: String,
    #[serde(rename = "SecretId")]
    pub secret_id: String,
    #[serde(rename = "Topic")]
    pub topic: String,
    #[serde(rename = "Content")]
    pub content: String,
    #[serde(rename = "Result")]
    pub result: String,
    #[serde(rename = "Count")]
    pub count: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct ActionCallItem {
    #[serde(rename = "Time")]
    pub time: u64,
    #[serde(rename = "ActionId")]
    pub action_id: String,
    #[serde(rename = "ClientToken")]
    pub client_token: String,
    #[serde(rename = "RequestId")]
    pub request_id: String,
    #[serde(rename = "Input")]
    pub input: String,
    #[serde(rename = "State")]
    pub state: String,
    #[serde(rename = "ReplyTime")]
    pub reply_time: u64,
    #[serde(rename = "Code")]
    pub code: i64,
    #[serde(rename = "Status")]
    pub status: String,
    #[serde(rename = "Output")]
    pub output: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ActivityMinute {
    #[serde(rename = "Time")]
    pub time: u64,
    #[serde(rename = "Up")]
    pub up: u64,
    #[serde(rename = "Down")]
    pub down: u64,
    #[serde(rename = "SignIns")]
    pub sign_ins: u64,
    #[serde(rename = "Failures")]
    pub failures: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct AuditEntry {
    #[serde(rename = "Time")]
    pub time: u64,
    #[serde(rename = "RequestId")]
    pub request_id: String,
    #[serde(rename = "Uin")]
    pub uin: String,
    #[serde(rename = "OwnerUin")]
    pub owner_uin: String,
    #[serde(rename = "SecretId")]
    pub secret_id: String,
    #[serde(rename = "SourceIp")]
    pub source_ip: String,
    #[serde(rename = "Service")]
    pub service: String,
    #[serde(rename = "Operation")]
    pub operation: String,
    #[serde(rename = "Region")]
    pub region: String,
    #[serde(rename = "Resource")]
    pub resource: String,
    #[serde(rename = "Code")]
    pub code: String,
    #[serde(rename = "LatencyMicros")]
    pub latency_micros: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct BindDeviceInfo {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct BindProductInfo {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "ProductName")]
    pub product_name: String,
    #[serde(rename = "ProjectId")]
    pub project_id: String,
    #[serde(rename = "DataProtocol")]
    pub data_protocol: i64,
    #[serde(rename = "CategoryId")]
    pub category_id: i64,
    #[serde(rename = "ProductType")]
    pub product_type: i64,
    #[serde(rename = "NetType")]
    pub net_type: String,
    #[serde(rename = "DevStatus")]
    pub dev_status: String,
    #[serde(rename = "ProductOwnerName")]
    pub product_owner_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct CLSLogItem {
    #[serde(rename = "Content")]
    pub content: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "RequestId")]
    pub request_id: String,
    #[serde(rename = "Result")]
    pub result: String,
    #[serde(rename = "Scene")]
    pub scene: String,
    #[serde(rename = "Time")]
    pub time: String,
    #[serde(rename = "Userid")]
    pub userid: String,
}

#[derive(Clone, Default, Serialize)]
pub struct CertInfo {
    #[serde(rename = "CertName")]
    pub cert_name: String,
    #[serde(rename = "CertSN")]
    pub cert_sn: String,
    #[serde(rename = "IssuerName")]
    pub issuer_name: String,
    #[serde(rename = "Subject")]
    pub subject: String,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
    #[serde(rename = "EffectiveTime")]
    pub effective_time: u64,
    #[serde(rename = "ExpireTime")]
    pub expire_time: u64,
    #[serde(rename = "CertText")]
    pub cert_text: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DataStep {
    #[serde(rename = "Time")]
    pub time: u64,
    #[serde(rename = "Count")]
    pub count: u64,
    #[serde(rename = "Lowest")]
    pub lowest: f64,
    #[serde(rename = "Highest")]
    pub highest: f64,
    #[serde(rename = "Average")]
    pub average: f64,
    #[serde(rename = "Last")]
    pub last: f64,
}

#[derive(Clone, Default, Serialize)]
pub struct DeviceCounts {
    #[serde(rename = "Total")]
    pub total: u64,
    #[serde(rename = "Online")]
    pub online: u64,
    #[serde(rename = "Offline")]
    pub offline: u64,
    #[serde(rename = "Inactive")]
    pub inactive: u64,
    #[serde(rename = "Disabled")]
    pub disabled: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct DeviceData {
    #[serde(rename = "DeviceCert")]
    pub device_cert: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "DevicePrivateKey")]
    pub device_private_key: String,
    #[serde(rename = "DevicePsk")]
    pub device_psk: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeviceDataHistoryItem {
    #[serde(rename = "Time")]
    pub time: String,
    #[serde(rename = "Value")]
    pub value: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeviceFileItem {
    #[serde(rename = "ResourceName")]
    pub resource_name: String,
    #[serde(rename = "Version")]
    pub version: String,
    #[serde(rename = "ResourceType")]
    pub resource_type: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeviceInfo {
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Status")]
    pub status: i64,
    #[serde(rename = "DevicePsk")]
    pub device_psk: String,
    #[serde(rename = "FirstOnlineTime")]
    pub first_online_time: Option<i64>,
    #[serde(rename = "LoginTime")]
    pub login_time: i64,
    #[serde(rename = "CreateTime")]
    pub create_time: i64,
    #[serde(rename = "Version")]
    pub version: String,
    #[serde(rename = "DeviceCert")]
    pub device_cert: String,
    #[serde(rename = "LogLevel")]
    pub log_level: i64,
    #[serde(rename = "DevAddr")]
    pub dev_addr: String,
    #[serde(rename = "AppKey")]
    pub app_key: String,
    #[serde(rename = "DevEUI")]
    pub dev_eui: String,
    #[serde(rename = "AppSKey")]
    pub app_s_key: String,
    #[serde(rename = "NwkSKey")]
    pub nwk_s_key: String,
    #[serde(rename = "CreateUserId")]
    pub create_user_id: i64,
    #[serde(rename = "CreatorNickName")]
    pub creator_nick_name: String,
    #[serde(rename = "EnableState")]
    pub enable_state: i64,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "ProductName")]
    pub product_name: String,
    #[serde(rename = "DeviceType")]
    pub device_type: String,
    #[serde(rename = "IsLora")]
    pub is_lora: bool,
}

#[derive(Clone, Default, Serialize)]
pub struct DeviceLogRow {
    #[serde(rename = "Time")]
    pub time: u64,
    #[serde(rename = "Kind")]
    pub kind: String,
    #[serde(rename = "Direction")]
    pub direction: String,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Scene")]
    pub scene: String,
    #[serde(rename = "Topic")]
    pub topic: String,
    #[serde(rename = "Content")]
    pub content: String,
    #[serde(rename = "Result")]
    pub result: String,
    #[serde(rename = "RequestId")]
    pub request_id: String,
    #[serde(rename = "ClientToken")]
    pub client_token: String,
    #[serde(rename = "PayloadFormat")]
    pub payload_format: String,
    #[serde(rename = "PayloadBytes")]
    pub payload_bytes: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct DeviceResult {
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Status")]
    pub status: String,
    #[serde(rename = "ErrCode")]
    pub err_code: i64,
    #[serde(rename = "ErrMsg")]
    pub err_msg: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeviceSecretItem {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "DevicePsk")]
    pub device_psk: String,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DevicesItem {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct EventHistoryItem {
    #[serde(rename = "TimeStamp")]
    pub time_stamp: i64,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "EventId")]
    pub event_id: String,
    #[serde(rename = "Type")]
    pub r#type: String,
    #[serde(rename = "Data")]
    pub data: String,
}

#[derive(Clone, Default, Serialize)]
pub struct FailureCount {
    #[serde(rename = "Cause")]
    pub cause: String,
    #[serde(rename = "Count")]
    pub count: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct FamilySubDevice {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "DeviceId")]
    pub device_id: String,
    #[serde(rename = "AliasName")]
    pub alias_name: String,
    #[serde(rename = "FamilyId")]
    pub family_id: String,
    #[serde(rename = "RoomId")]
    pub room_id: String,
    #[serde(rename = "IconUrl")]
    pub icon_url: String,
    #[serde(rename = "IconUrlGrid")]
    pub icon_url_grid: String,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
    #[serde(rename = "UpdateTime")]
    pub update_time: u64,
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct FenceBindProductItem {
    #[serde(rename = "Devices", deserialize_with = "wire::list")]
    pub devices: Vec<FenceBindDeviceItem>,
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct FenceBindDeviceItem {
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "AlertCondition")]
    pub alert_condition: String,
    #[serde(rename = "FenceEnable")]
    pub fence_enable: bool,
    #[serde(rename = "Method")]
    pub method: String,
}

#[derive(Clone, Default, Serialize)]
pub struct FenceEventItem {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "FenceId")]
    pub fence_id: i64,
    #[serde(rename = "AlertType")]
    pub alert_type: String,
    #[serde(rename = "Data")]
    pub data: Option<FenceAlarmPoint>,
}

#[derive(Clone, Default, Serialize)]
pub struct FenceAlarmPoint {
    #[serde(rename = "AlarmTime")]
    pub alarm_time: i64,
    #[serde(rename = "Longitude")]
    pub longitude: f64,
    #[serde(rename = "Latitude")]
    pub latitude: f64,
}

#[derive(Clone, Default, Serialize)]
pub struct FileItem {
    #[serde(rename = "FileId")]
    pub file_id: u64,
    #[serde(rename = "FileName")]
    pub file_name: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "FileSize")]
    pub file_size: u64,
    #[serde(rename = "Md5")]
    pub md5: String,
    #[serde(rename = "Uploaded")]
    pub uploaded: bool,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct FileTaskItem {
    #[serde(rename = "TaskId")]
    pub task_id: u64,
    #[serde(rename = "FileId")]
    pub file_id: u64,
    #[serde(rename = "Kind")]
    pub kind: String,
    #[serde(rename = "ResourceName")]
    pub resource_name: String,
    #[serde(rename = "Version")]
    pub version: String,
    #[serde(rename = "ResourceType")]
    pub resource_type: String,
    #[serde(rename = "State")]
    pub state: String,
    #[serde(rename = "Percent")]
    pub percent: u64,
    #[serde(rename = "ResultCode")]
    pub result_code: i64,
    #[serde(rename = "ResultText")]
    pub result_text: String,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
    #[serde(rename = "UpdateTime")]
    pub update_time: u64,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Values", deserialize_with = "wire::list")]
    pub values: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct Group {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Remark")]
    pub remark: String,
    #[serde(rename = "Policies")]
    pub policies: Vec<String>,
    #[serde(rename = "Uins")]
    pub uins: Vec<String>,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct JudgedMessage {
    #[serde(rename = "Position")]
    pub position: String,
    #[serde(rename = "CommitTime")]
    pub commit_time: u64,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Kind")]
    pub kind: String,
    #[serde(rename = "Payload")]
    pub payload: String,
    #[serde(rename = "Code")]
    pub code: i64,
    #[serde(rename = "Reason")]
    pub reason: String,
    #[serde(rename = "CodeNow")]
    pub code_now: i64,
    #[serde(rename = "ReasonNow")]
    pub reason_now: String,
    #[serde(rename = "Text")]
    pub text: String,
}

#[derive(Clone, Default, Serialize)]
pub struct KnownProblem {
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "Of")]
    pub of: String,
    #[serde(rename = "Severity")]
    pub severity: String,
    #[serde(rename = "Title")]
    pub title: String,
    #[serde(rename = "Cause")]
    pub cause: String,
    #[serde(rename = "Cure")]
    pub cure: String,
}

#[derive(Clone, Default, Serialize)]
pub struct LimitItem {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Value")]
    pub value: u64,
    #[serde(rename = "Used")]
    pub used: u64,
    #[serde(rename = "Unit")]
    pub unit: String,
    #[serde(rename = "Scope")]
    pub scope: String,
    #[serde(rename = "Setting")]
    pub setting: String,
    #[serde(rename = "Description")]
    pub description: String,
    #[serde(rename = "Unlimited")]
    pub unlimited: bool,
    #[serde(rename = "Counted")]
    pub counted: bool,
}

#[derive(Clone, Default, Serialize)]
pub struct LoggedMessage {
    #[serde(rename = "Position")]
    pub position: String,
    #[serde(rename = "CommitTime")]
    pub commit_time: u64,
    #[serde(rename = "SampleTime")]
    pub sample_time: u64,
    #[serde(rename = "Kind")]
    pub kind: String,
    #[serde(rename = "Direction")]
    pub direction: String,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Topic")]
    pub topic: String,
    #[serde(rename = "Code")]
    pub code: i64,
    #[serde(rename = "Payload")]
    pub payload: String,
    #[serde(rename = "RequestId")]
    pub request_id: String,
    #[serde(rename = "Reason")]
    pub reason: String,
}

#[derive(Clone, Default, Serialize)]
pub struct MainAccountItem {
    #[serde(rename = "Uin")]
    pub uin: String,
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "InstanceId")]
    pub instance_id: String,
    #[serde(rename = "Administrator")]
    pub administrator: bool,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct ModelConsequence {
    #[serde(rename = "Function")]
    pub function: String,
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "Outcome")]
    pub outcome: String,
    #[serde(rename = "Code")]
    pub code: u64,
    #[serde(rename = "Text")]
    pub text: String,
    #[serde(rename = "Said")]
    pub said: String,
    #[serde(rename = "Devices")]
    pub devices: u64,
    #[serde(rename = "Messages")]
    pub messages: u64,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Value")]
    pub value: String,
    #[serde(rename = "LastSeen")]
    pub last_seen: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct PayloadLogItem {
    #[serde(rename = "Uin")]
    pub uin: String,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "SrcType")]
    pub src_type: String,
    #[serde(rename = "SrcName")]
    pub src_name: String,
    #[serde(rename = "Topic")]
    pub topic: String,
    #[serde(rename = "PayloadFormatType")]
    pub payload_format_type: String,
    #[serde(rename = "Payload")]
    pub payload: String,
    #[serde(rename = "RequestId")]
    pub request_id: String,
    #[serde(rename = "DateTime")]
    pub date_time: String,
}

#[derive(Clone, Default, Serialize)]
pub struct PolicyItem {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Document")]
    pub document: String,
    #[serde(rename = "Remark")]
    pub remark: String,
    #[serde(rename = "Preset")]
    pub preset: bool,
    #[serde(rename = "AttachedCount")]
    pub attached_count: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct PositionFenceInfo {
    #[serde(rename = "GeoFence")]
    pub geo_fence: Option<PositionFenceItem>,
    #[serde(rename = "CreateTime")]
    pub create_time: i64,
    #[serde(rename = "UpdateTime")]
    pub update_time: i64,
}

#[derive(Clone, Default, Serialize)]
pub struct PositionFenceItem {
    #[serde(rename = "FenceId")]
    pub fence_id: i64,
    #[serde(rename = "SpaceId")]
    pub space_id: String,
    #[serde(rename = "FenceName")]
    pub fence_name: String,
    #[serde(rename = "FenceDesc")]
    pub fence_desc: String,
    #[serde(rename = "FenceArea")]
    pub fence_area: String,
}

#[derive(Clone, Default, Serialize)]
pub struct PositionItem {
    #[serde(rename = "CreateTime")]
    pub create_time: i64,
    #[serde(rename = "Longitude")]
    pub longitude: f64,
    #[serde(rename = "Latitude")]
    pub latitude: f64,
    #[serde(rename = "LocationType")]
    pub location_type: String,
    #[serde(rename = "Accuracy")]
    pub accuracy: f64,
}

#[derive(Clone, Default, Serialize)]
pub struct PositionSpaceInfo {
    #[serde(rename = "ProjectId")]
    pub project_id: String,
    #[serde(rename = "SpaceId")]
    pub space_id: String,
    #[serde(rename = "SpaceName")]
    pub space_name: String,
    #[serde(rename = "AuthorizeType")]
    pub authorize_type: i64,
    #[serde(rename = "Description")]
    pub description: String,
    #[serde(rename = "ProductIdList")]
    pub product_id_list: Vec<String>,
    #[serde(rename = "Icon")]
    pub icon: String,
    #[serde(rename = "CreateTime")]
    pub create_time: i64,
    #[serde(rename = "UpdateTime")]
    pub update_time: i64,
    #[serde(rename = "Zoom")]
    pub zoom: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct PrivateCABindProductInfo {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "ProductName")]
    pub product_name: String,
    #[serde(rename = "CreateTime")]
    pub create_time: i64,
}

#[derive(Clone, Default, Serialize)]
pub struct Problem {
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "Severity")]
    pub severity: String,
    #[serde(rename = "Title")]
    pub title: String,
    #[serde(rename = "Cause")]
    pub cause: String,
    #[serde(rename = "Cure")]
    pub cure: String,
    #[serde(rename = "Since")]
    pub since: u64,
    #[serde(rename = "LastSeen")]
    pub last_seen: u64,
    #[serde(rename = "Count")]
    pub count: u64,
    #[serde(rename = "Mistakes")]
    pub mistakes: Vec<ProblemMistake>,
    #[serde(rename = "Evidence")]
    pub evidence: Vec<ProblemEvidence>,
}

#[derive(Clone, Default, Serialize)]
pub struct ProblemEvidence {
    #[serde(rename = "Time")]
    pub time: u64,
    #[serde(rename = "Text")]
    pub text: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ProblemMistake {
    #[serde(rename = "Text")]
    pub text: String,
    #[serde(rename = "Since")]
    pub since: u64,
    #[serde(rename = "LastSeen")]
    pub last_seen: u64,
    #[serde(rename = "Count")]
    pub count: u64,
    #[serde(rename = "Value")]
    pub value: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ProductDevicesPositionItem {
    #[serde(rename = "Items")]
    pub items: Vec<DevicePositionItem>,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Default, Serialize)]
pub struct DevicePositionItem {
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "CreateTime")]
    pub create_time: i64,
    #[serde(rename = "Longitude")]
    pub longitude: f64,
    #[serde(rename = "Latitude")]
    pub latitude: f64,
}

#[derive(Clone, Default, Serialize)]
pub struct ProductEntry {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "ProductName")]
    pub product_name: String,
    #[serde(rename = "CategoryId")]
    pub category_id: i64,
    #[serde(rename = "EncryptionType")]
    pub encryption_type: String,
    #[serde(rename = "NetType")]
    pub net_type: String,
    #[serde(rename = "DataProtocol")]
    pub data_protocol: i64,
    #[serde(rename = "ProductDesc")]
    pub product_desc: String,
    #[serde(rename = "DevStatus")]
    pub dev_status: String,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
    #[serde(rename = "UpdateTime")]
    pub update_time: u64,
    #[serde(rename = "Region")]
    pub region: String,
    #[serde(rename = "ProductType")]
    pub product_type: i64,
    #[serde(rename = "ProjectId")]
    pub project_id: String,
    #[serde(rename = "ModuleId")]
    pub module_id: i64,
    #[serde(rename = "EnableProductScript")]
    pub enable_product_script: String,
    #[serde(rename = "CreateUserId")]
    pub create_user_id: i64,
    #[serde(rename = "CreatorNickName")]
    pub creator_nick_name: String,
    #[serde(rename = "BindStrategy")]
    pub bind_strategy: u64,
    #[serde(rename = "DeviceCount")]
    pub device_count: i64,
    #[serde(rename = "Rate")]
    pub rate: String,
    #[serde(rename = "Period")]
    pub period: String,
    #[serde(rename = "IsInterconnection")]
    pub is_interconnection: i64,
    #[serde(rename = "Uin")]
    pub uin: String,
    #[serde(rename = "AppId")]
    pub app_id: i64,
    #[serde(rename = "PrivateCAName")]
    pub private_ca_name: String,
    #[serde(rename = "IsPrivateCA")]
    pub is_private_ca: bool,
    #[serde(rename = "CertName")]
    pub cert_name: String,
    #[serde(rename = "CertSN")]
    pub cert_sn: String,
    #[serde(rename = "IssuerName")]
    pub issuer_name: String,
    #[serde(rename = "Subject")]
    pub subject: String,
    #[serde(rename = "EffectiveTime")]
    pub effective_time: i64,
    #[serde(rename = "ExpireTime")]
    pub expire_time: i64,
    #[serde(rename = "CertText")]
    pub cert_text: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ProductModelDefinition {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "ModelDefine")]
    pub model_define: String,
    #[serde(rename = "UpdateTime")]
    pub update_time: i64,
    #[serde(rename = "CreateTime")]
    pub create_time: i64,
    #[serde(rename = "CategoryModel")]
    pub category_model: String,
    #[serde(rename = "NetTypeModel")]
    pub net_type_model: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ProjectEntry {
    #[serde(rename = "ProjectId")]
    pub project_id: String,
    #[serde(rename = "ProjectName")]
    pub project_name: String,
    #[serde(rename = "ProjectDesc")]
    pub project_desc: String,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
    #[serde(rename = "UpdateTime")]
    pub update_time: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct ProjectEntryEx {
    #[serde(rename = "ProjectId")]
    pub project_id: String,
    #[serde(rename = "ProjectName")]
    pub project_name: String,
    #[serde(rename = "ProjectDesc")]
    pub project_desc: String,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
    #[serde(rename = "UpdateTime")]
    pub update_time: u64,
    #[serde(rename = "ProductCount")]
    pub product_count: u64,
    #[serde(rename = "NativeAppCount")]
    pub native_app_count: u64,
    #[serde(rename = "WebAppCount")]
    pub web_app_count: u64,
    #[serde(rename = "InstanceId")]
    pub instance_id: String,
    #[serde(rename = "ApplicationCount")]
    pub application_count: u64,
    #[serde(rename = "DeviceCount")]
    pub device_count: u64,
    #[serde(rename = "EnableOpenState")]
    pub enable_open_state: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct PropertyUse {
    #[serde(rename = "Property")]
    pub property: String,
    #[serde(rename = "Place")]
    pub place: String,
    #[serde(rename = "Name")]
    pub name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct RefusedStranger {
    #[serde(rename = "FirstTime")]
    pub first_time: u64,
    #[serde(rename = "LastTime")]
    pub last_time: u64,
    #[serde(rename = "Time")]
    pub time: String,
    #[serde(rename = "Count")]
    pub count: u64,
    #[serde(rename = "SourceAddress")]
    pub source_address: String,
    #[serde(rename = "Listener")]
    pub listener: String,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "Cause")]
    pub cause: String,
    #[serde(rename = "Detail")]
    pub detail: String,
    #[serde(rename = "Cure")]
    pub cure: String,
}

#[derive(Clone, Default, Serialize)]
pub struct RemoteConfigVersion {
    #[serde(rename = "Version")]
    pub version: u64,
    #[serde(rename = "Bytes")]
    pub bytes: u64,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct SDKLogItem {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Level")]
    pub level: String,
    #[serde(rename = "DateTime")]
    pub date_time: String,
    #[serde(rename = "Content")]
    pub content: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ScriptVersionItem {
    #[serde(rename = "Version")]
    pub version: u64,
    #[serde(rename = "UpdateTime")]
    pub update_time: u64,
    #[serde(rename = "Uin")]
    pub uin: String,
    #[serde(rename = "Bytes")]
    pub bytes: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct SecretKeyItem {
    #[serde(rename = "SecretId")]
    pub secret_id: String,
    #[serde(rename = "Uin")]
    pub uin: String,
    #[serde(rename = "Active")]
    pub active: bool,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
    #[serde(rename = "LastUsedTime")]
    pub last_used_time: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct SettingItem {
    #[serde(rename = "Key")]
    pub key: String,
    #[serde(rename = "Value")]
    pub value: String,
    #[serde(rename = "Source")]
    pub source: String,
    #[serde(rename = "Description")]
    pub description: String,
}

#[derive(Clone, Default, Serialize)]
pub struct SimulationItem {
    #[serde(rename = "SimulationId")]
    pub simulation_id: String,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Caller")]
    pub caller: String,
    #[serde(rename = "Running")]
    pub running: bool,
    #[serde(rename = "DeviceCount")]
    pub device_count: u64,
    #[serde(rename = "NamePrefix")]
    pub name_prefix: String,
    #[serde(rename = "IntervalSeconds")]
    pub interval_seconds: u64,
    #[serde(rename = "FaultPercent")]
    pub fault_percent: u64,
    #[serde(rename = "StartTime")]
    pub start_time: u64,
    #[serde(rename = "EndTime")]
    pub end_time: u64,
    #[serde(rename = "Created")]
    pub created: u64,
    #[serde(rename = "Online")]
    pub online: u64,
    #[serde(rename = "SignIns")]
    pub sign_ins: u64,
    #[serde(rename = "Reports")]
    pub reports: u64,
    #[serde(rename = "Accepted")]
    pub accepted: u64,
    #[serde(rename = "Refused")]
    pub refused: u64,
    #[serde(rename = "Events")]
    pub events: u64,
    #[serde(rename = "Controls")]
    pub controls: u64,
    #[serde(rename = "Actions")]
    pub actions: u64,
    #[serde(rename = "Failures")]
    pub failures: u64,
    #[serde(rename = "LastFailures")]
    pub last_failures: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct SubAccount {
    #[serde(rename = "Uin")]
    pub uin: String,
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Policies")]
    pub policies: Vec<String>,
    #[serde(rename = "Groups")]
    pub groups: Vec<String>,
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct SubscribedTopicItem {
    #[serde(rename = "TopicName")]
    pub topic_name: String,
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct TagItem {
    #[serde(rename = "Key")]
    pub key: String,
    #[serde(rename = "Value")]
    pub value: String,
}

#[derive(Clone, Default, Serialize)]
pub struct TopicItem {
    #[serde(rename = "TopicName")]
    pub topic_name: String,
    #[serde(rename = "Privilege")]
    pub privilege: u64,
}
