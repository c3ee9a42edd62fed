// Written by `cargo xtask generate` from spec/*-api.json: change those, not this.

//! One marker type for each operation that is served, with its request and response.

use serde::{Deserialize, Serialize};

use super::metadata::OPERATIONS;
use super::structures as s;
use crate::metadata::{Operation, OperationSpec, wire};

#[derive(Clone, Copy, Debug)]
pub struct AddGroupMembers;

impl Operation for AddGroupMembers {
    const SPEC: &'static OperationSpec = &OPERATIONS[2];
    type Request = AddGroupMembersRequest;
    type Response = AddGroupMembersResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct AddGroupMembersRequest {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Uins", deserialize_with = "wire::list")]
    pub uins: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct AddGroupMembersResponse {}

#[derive(Clone, Copy, Debug)]
pub struct AttachPolicies;

impl Operation for AttachPolicies {
    const SPEC: &'static OperationSpec = &OPERATIONS[3];
    type Request = AttachPoliciesRequest;
    type Response = AttachPoliciesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct AttachPoliciesRequest {
    #[serde(rename = "Uin")]
    pub uin: Option<String>,
    #[serde(rename = "GroupName")]
    pub group_name: Option<String>,
    #[serde(rename = "Policies", deserialize_with = "wire::list")]
    pub policies: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct AttachPoliciesResponse {}

#[derive(Clone, Copy, Debug)]
pub struct BatchPublishMessage;

impl Operation for BatchPublishMessage {
    const SPEC: &'static OperationSpec = &OPERATIONS[8];
    type Request = BatchPublishMessageRequest;
    type Response = BatchPublishMessageResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct BatchPublishMessageRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceNames", deserialize_with = "wire::list")]
    pub device_names: Vec<String>,
    #[serde(rename = "Topic")]
    pub topic: String,
    #[serde(rename = "Payload")]
    pub payload: String,
    #[serde(rename = "Qos", deserialize_with = "wire::integer_or_none")]
    pub qos: Option<i64>,
    #[serde(rename = "PayloadEncoding")]
    pub payload_encoding: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct BatchPublishMessageResponse {
    #[serde(rename = "Total")]
    pub total: i64,
    #[serde(rename = "SuccessCount")]
    pub success_count: i64,
    #[serde(rename = "Failures")]
    pub failures: Vec<s::DeviceResult>,
}

#[derive(Clone, Copy, Debug)]
pub struct BindDevices;

impl Operation for BindDevices {
    const SPEC: &'static OperationSpec = &OPERATIONS[12];
    type Request = BindDevicesRequest;
    type Response = BindDevicesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct BindDevicesRequest {
    #[serde(rename = "GatewayProductId")]
    pub gateway_product_id: String,
    #[serde(rename = "GatewayDeviceName")]
    pub gateway_device_name: String,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceNames", deserialize_with = "wire::list")]
    pub device_names: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct BindDevicesResponse {}

#[derive(Clone, Copy, Debug)]
pub struct BindProducts;

impl Operation for BindProducts {
    const SPEC: &'static OperationSpec = &OPERATIONS[13];
    type Request = BindProductsRequest;
    type Response = BindProductsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct BindProductsRequest {
    #[serde(rename = "GatewayProductId")]
    pub gateway_product_id: String,
    #[serde(rename = "ProductIds", deserialize_with = "wire::list")]
    pub product_ids: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct BindProductsResponse {}

#[derive(Clone, Copy, Debug)]
pub struct CallDeviceActionAsync;

impl Operation for CallDeviceActionAsync {
    const SPEC: &'static OperationSpec = &OPERATIONS[16];
    type Request = CallDeviceActionAsyncRequest;
    type Response = CallDeviceActionAsyncResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CallDeviceActionAsyncRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "ActionId")]
    pub action_id: String,
    #[serde(rename = "InputParams")]
    pub input_params: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct CallDeviceActionAsyncResponse {
    #[serde(rename = "ClientToken")]
    pub client_token: String,
    #[serde(rename = "Status")]
    pub status: String,
}

#[derive(Clone, Copy, Debug)]
pub struct CallDeviceActionSync;

impl Operation for CallDeviceActionSync {
    const SPEC: &'static OperationSpec = &OPERATIONS[17];
    type Request = CallDeviceActionSyncRequest;
    type Response = CallDeviceActionSyncResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CallDeviceActionSyncRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "ActionId")]
    pub action_id: String,
    #[serde(rename = "InputParams")]
    pub input_params: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct CallDeviceActionSyncResponse {
    #[serde(rename = "ClientToken")]
    pub client_token: String,
    #[serde(rename = "OutputParams")]
    pub output_params: String,
    #[serde(rename = "Status")]
    pub status: String,
}

#[derive(Clone, Copy, Debug)]
pub struct CallDeviceRRPCSync;

impl Operation for CallDeviceRRPCSync {
    const SPEC: &'static OperationSpec = &OPERATIONS[18];
    type Request = CallDeviceRRPCSyncRequest;
    type Response = CallDeviceRRPCSyncResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CallDeviceRRPCSyncRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Payload")]
    pub payload: Option<String>,
    #[serde(rename = "Encoding")]
    pub encoding: Option<String>,
    #[serde(rename = "Topic")]
    pub topic: Option<String>,
    #[serde(rename = "ReplyTopic")]
    pub reply_topic: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct CallDeviceRRPCSyncResponse {
    #[serde(rename = "ClientToken")]
    pub client_token: String,
    #[serde(rename = "Status")]
    pub status: String,
    #[serde(rename = "MessageId")]
    pub message_id: u64,
    #[serde(rename = "PayloadBase64")]
    pub payload_base64: String,
    #[serde(rename = "ReplyTopic")]
    pub reply_topic: String,
}

#[derive(Clone, Copy, Debug)]
pub struct CancelFileTask;

impl Operation for CancelFileTask {
    const SPEC: &'static OperationSpec = &OPERATIONS[19];
    type Request = CancelFileTaskRequest;
    type Response = CancelFileTaskResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CancelFileTaskRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "TaskId", deserialize_with = "wire::integer")]
    pub task_id: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct CancelFileTaskResponse {
    #[serde(rename = "Task")]
    pub task: Option<s::FileTaskItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ControlDeviceData;

impl Operation for ControlDeviceData {
    const SPEC: &'static OperationSpec = &OPERATIONS[22];
    type Request = ControlDeviceDataRequest;
    type Response = ControlDeviceDataResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ControlDeviceDataRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Data")]
    pub data: String,
    #[serde(rename = "Method")]
    pub method: Option<String>,
    #[serde(rename = "DeviceId")]
    pub device_id: Option<String>,
    #[serde(rename = "DataTimestamp", deserialize_with = "wire::integer_or_none")]
    pub data_timestamp: Option<i64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ControlDeviceDataResponse {
    #[serde(rename = "Data")]
    pub data: String,
    #[serde(rename = "Result")]
    pub result: String,
}

#[derive(Clone, Copy, Debug)]
pub struct CreateDevice;

impl Operation for CreateDevice {
    const SPEC: &'static OperationSpec = &OPERATIONS[27];
    type Request = CreateDeviceRequest;
    type Response = CreateDeviceResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreateDeviceRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "DevAddr")]
    pub dev_addr: Option<String>,
    #[serde(rename = "AppKey")]
    pub app_key: Option<String>,
    #[serde(rename = "DevEUI")]
    pub dev_eui: Option<String>,
    #[serde(rename = "AppSKey")]
    pub app_s_key: Option<String>,
    #[serde(rename = "NwkSKey")]
    pub nwk_s_key: Option<String>,
    #[serde(rename = "DefinedPsk")]
    pub defined_psk: Option<String>,
    #[serde(rename = "TlsCrt")]
    pub tls_crt: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct CreateDeviceResponse {
    #[serde(rename = "Data")]
    pub data: Option<s::DeviceData>,
}

#[derive(Clone, Copy, Debug)]
pub struct CreateFenceBind;

impl Operation for CreateFenceBind {
    const SPEC: &'static OperationSpec = &OPERATIONS[32];
    type Request = CreateFenceBindRequest;
    type Response = CreateFenceBindResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreateFenceBindRequest {
    #[serde(rename = "FenceId", deserialize_with = "wire::integer")]
    pub fence_id: i64,
    #[serde(rename = "Items", deserialize_with = "wire::list")]
    pub items: Vec<s::FenceBindProductItem>,
}

#[derive(Clone, Default, Serialize)]
pub struct CreateFenceBindResponse {}

#[derive(Clone, Copy, Debug)]
pub struct CreateFile;

impl Operation for CreateFile {
    const SPEC: &'static OperationSpec = &OPERATIONS[33];
    type Request = CreateFileRequest;
    type Response = CreateFileResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreateFileRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "FileName")]
    pub file_name: String,
    #[serde(rename = "FileSize", deserialize_with = "wire::integer")]
    pub file_size: u64,
    #[serde(rename = "Md5")]
    pub md5: String,
}

#[derive(Clone, Default, Serialize)]
pub struct CreateFileResponse {
    #[serde(rename = "FileId")]
    pub file_id: u64,
    #[serde(rename = "UploadUrl")]
    pub upload_url: String,
    #[serde(rename = "ExpireTime")]
    pub expire_time: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct CreateGroup;

impl Operation for CreateGroup {
    const SPEC: &'static OperationSpec = &OPERATIONS[35];
    type Request = CreateGroupRequest;
    type Response = CreateGroupResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreateGroupRequest {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Remark")]
    pub remark: Option<String>,
    #[serde(rename = "Policies", deserialize_with = "wire::list")]
    pub policies: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct CreateGroupResponse {}

#[derive(Clone, Copy, Debug)]
pub struct CreateMainAccount;

impl Operation for CreateMainAccount {
    const SPEC: &'static OperationSpec = &OPERATIONS[39];
    type Request = CreateMainAccountRequest;
    type Response = CreateMainAccountResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreateMainAccountRequest {
    #[serde(rename = "Name")]
    pub name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct CreateMainAccountResponse {
    #[serde(rename = "MainAccount")]
    pub main_account: Option<s::MainAccountItem>,
    #[serde(rename = "SecretId")]
    pub secret_id: String,
    #[serde(rename = "SecretKey")]
    pub secret_key: String,
}

#[derive(Clone, Copy, Debug)]
pub struct CreatePositionFence;

impl Operation for CreatePositionFence {
    const SPEC: &'static OperationSpec = &OPERATIONS[41];
    type Request = CreatePositionFenceRequest;
    type Response = CreatePositionFenceResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreatePositionFenceRequest {
    #[serde(rename = "SpaceId")]
    pub space_id: String,
    #[serde(rename = "FenceName")]
    pub fence_name: String,
    #[serde(rename = "FenceArea")]
    pub fence_area: String,
    #[serde(rename = "FenceDesc")]
    pub fence_desc: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct CreatePositionFenceResponse {}

#[derive(Clone, Copy, Debug)]
pub struct CreatePositionSpace;

impl Operation for CreatePositionSpace {
    const SPEC: &'static OperationSpec = &OPERATIONS[42];
    type Request = CreatePositionSpaceRequest;
    type Response = CreatePositionSpaceResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreatePositionSpaceRequest {
    #[serde(rename = "ProjectId")]
    pub project_id: String,
    #[serde(rename = "SpaceName")]
    pub space_name: String,
    #[serde(rename = "AuthorizeType", deserialize_with = "wire::integer")]
    pub authorize_type: i64,
    #[serde(rename = "ProductIdList", deserialize_with = "wire::list")]
    pub product_id_list: Vec<String>,
    #[serde(rename = "Description")]
    pub description: Option<String>,
    #[serde(rename = "Icon")]
    pub icon: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct CreatePositionSpaceResponse {
    #[serde(rename = "SpaceId")]
    pub space_id: String,
}

#[derive(Clone, Copy, Debug)]
pub struct CreatePrivateCA;

impl Operation for CreatePrivateCA {
    const SPEC: &'static OperationSpec = &OPERATIONS[43];
    type Request = CreatePrivateCARequest;
    type Response = CreatePrivateCAResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreatePrivateCARequest {
    #[serde(rename = "CertName")]
    pub cert_name: String,
    #[serde(rename = "CertText")]
    pub cert_text: String,
    #[serde(rename = "VerifyCertText")]
    pub verify_cert_text: String,
}

#[derive(Clone, Default, Serialize)]
pub struct CreatePrivateCAResponse {}

#[derive(Clone, Copy, Debug)]
pub struct CreateProject;

impl Operation for CreateProject {
    const SPEC: &'static OperationSpec = &OPERATIONS[44];
    type Request = CreateProjectRequest;
    type Response = CreateProjectResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreateProjectRequest {
    #[serde(rename = "ProjectName")]
    pub project_name: String,
    #[serde(rename = "ProjectDesc")]
    pub project_desc: String,
    #[serde(rename = "InstanceId")]
    pub instance_id: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct CreateProjectResponse {
    #[serde(rename = "Project")]
    pub project: Option<s::ProjectEntry>,
}

#[derive(Clone, Copy, Debug)]
pub struct CreateSecretKey;

impl Operation for CreateSecretKey {
    const SPEC: &'static OperationSpec = &OPERATIONS[45];
    type Request = CreateSecretKeyRequest;
    type Response = CreateSecretKeyResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreateSecretKeyRequest {
    #[serde(rename = "Uin")]
    pub uin: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct CreateSecretKeyResponse {
    #[serde(rename = "SecretId")]
    pub secret_id: String,
    #[serde(rename = "SecretKey")]
    pub secret_key: String,
}

#[derive(Clone, Copy, Debug)]
pub struct CreateStudioProduct;

impl Operation for CreateStudioProduct {
    const SPEC: &'static OperationSpec = &OPERATIONS[46];
    type Request = CreateStudioProductRequest;
    type Response = CreateStudioProductResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreateStudioProductRequest {
    #[serde(rename = "ProductName")]
    pub product_name: String,
    #[serde(rename = "CategoryId", deserialize_with = "wire::integer")]
    pub category_id: i64,
    #[serde(rename = "ProductType", deserialize_with = "wire::integer")]
    pub product_type: i64,
    #[serde(rename = "EncryptionType")]
    pub encryption_type: String,
    #[serde(rename = "NetType")]
    pub net_type: String,
    #[serde(rename = "DataProtocol", deserialize_with = "wire::integer")]
    pub data_protocol: i64,
    #[serde(rename = "ProductDesc")]
    pub product_desc: String,
    #[serde(rename = "ProjectId")]
    pub project_id: String,
    #[serde(rename = "Rate")]
    pub rate: Option<String>,
    #[serde(rename = "Period")]
    pub period: Option<String>,
    #[serde(rename = "PrivateCAName")]
    pub private_ca_name: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct CreateStudioProductResponse {
    #[serde(rename = "Product")]
    pub product: Option<s::ProductEntry>,
}

#[derive(Clone, Copy, Debug)]
pub struct CreateSubAccount;

impl Operation for CreateSubAccount {
    const SPEC: &'static OperationSpec = &OPERATIONS[47];
    type Request = CreateSubAccountRequest;
    type Response = CreateSubAccountResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreateSubAccountRequest {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Policies", deserialize_with = "wire::list")]
    pub policies: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct CreateSubAccountResponse {
    #[serde(rename = "SubAccount")]
    pub sub_account: Option<s::SubAccount>,
}

#[derive(Clone, Copy, Debug)]
pub struct CreateTopicPolicy;

impl Operation for CreateTopicPolicy {
    const SPEC: &'static OperationSpec = &OPERATIONS[60];
    type Request = CreateTopicPolicyRequest;
    type Response = CreateTopicPolicyResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CreateTopicPolicyRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "TopicName")]
    pub topic_name: String,
    #[serde(rename = "Privilege", deserialize_with = "wire::integer")]
    pub privilege: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct CreateTopicPolicyResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeleteDevice;

impl Operation for DeleteDevice {
    const SPEC: &'static OperationSpec = &OPERATIONS[63];
    type Request = DeleteDeviceRequest;
    type Response = DeleteDeviceResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteDeviceRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "ForceDelete")]
    pub force_delete: Option<bool>,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteDeviceResponse {
    #[serde(rename = "ResultCode")]
    pub result_code: String,
    #[serde(rename = "ResultMessage")]
    pub result_message: String,
}

#[derive(Clone, Copy, Debug)]
pub struct DeleteDeviceFile;

impl Operation for DeleteDeviceFile {
    const SPEC: &'static OperationSpec = &OPERATIONS[64];
    type Request = DeleteDeviceFileRequest;
    type Response = DeleteDeviceFileResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteDeviceFileRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "ResourceName")]
    pub resource_name: String,
    #[serde(rename = "Version")]
    pub version: String,
    #[serde(rename = "ResourceType")]
    pub resource_type: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteDeviceFileResponse {
    #[serde(rename = "TaskId")]
    pub task_id: u64,
    #[serde(rename = "Told")]
    pub told: String,
}

#[derive(Clone, Copy, Debug)]
pub struct DeleteDeviceShadow;

impl Operation for DeleteDeviceShadow {
    const SPEC: &'static OperationSpec = &OPERATIONS[66];
    type Request = DeleteDeviceShadowRequest;
    type Response = DeleteDeviceShadowResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteDeviceShadowRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteDeviceShadowResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeleteDevices;

impl Operation for DeleteDevices {
    const SPEC: &'static OperationSpec = &OPERATIONS[67];
    type Request = DeleteDevicesRequest;
    type Response = DeleteDevicesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteDevicesRequest {
    #[serde(rename = "DevicesItems", deserialize_with = "wire::list")]
    pub devices_items: Vec<s::DevicesItem>,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteDevicesResponse {
    #[serde(rename = "ResultCode")]
    pub result_code: String,
    #[serde(rename = "ResultMessage")]
    pub result_message: String,
}

#[derive(Clone, Copy, Debug)]
pub struct DeleteFenceBind;

impl Operation for DeleteFenceBind {
    const SPEC: &'static OperationSpec = &OPERATIONS[68];
    type Request = DeleteFenceBindRequest;
    type Response = DeleteFenceBindResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteFenceBindRequest {
    #[serde(rename = "FenceId", deserialize_with = "wire::integer")]
    pub fence_id: i64,
    #[serde(rename = "Items", deserialize_with = "wire::list")]
    pub items: Vec<s::FenceBindProductItem>,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteFenceBindResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeleteFile;

impl Operation for DeleteFile {
    const SPEC: &'static OperationSpec = &OPERATIONS[69];
    type Request = DeleteFileRequest;
    type Response = DeleteFileResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteFileRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "FileId", deserialize_with = "wire::integer")]
    pub file_id: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteFileResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeleteGroup;

impl Operation for DeleteGroup {
    const SPEC: &'static OperationSpec = &OPERATIONS[70];
    type Request = DeleteGroupRequest;
    type Response = DeleteGroupResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteGroupRequest {
    #[serde(rename = "Name")]
    pub name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteGroupResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeletePolicy;

impl Operation for DeletePolicy {
    const SPEC: &'static OperationSpec = &OPERATIONS[74];
    type Request = DeletePolicyRequest;
    type Response = DeletePolicyResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeletePolicyRequest {
    #[serde(rename = "Name")]
    pub name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeletePolicyResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeletePositionFence;

impl Operation for DeletePositionFence {
    const SPEC: &'static OperationSpec = &OPERATIONS[75];
    type Request = DeletePositionFenceRequest;
    type Response = DeletePositionFenceResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeletePositionFenceRequest {
    #[serde(rename = "SpaceId")]
    pub space_id: String,
    #[serde(rename = "FenceId", deserialize_with = "wire::integer")]
    pub fence_id: i64,
}

#[derive(Clone, Default, Serialize)]
pub struct DeletePositionFenceResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeletePositionSpace;

impl Operation for DeletePositionSpace {
    const SPEC: &'static OperationSpec = &OPERATIONS[76];
    type Request = DeletePositionSpaceRequest;
    type Response = DeletePositionSpaceResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeletePositionSpaceRequest {
    #[serde(rename = "SpaceId")]
    pub space_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeletePositionSpaceResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeletePrivateCA;

impl Operation for DeletePrivateCA {
    const SPEC: &'static OperationSpec = &OPERATIONS[77];
    type Request = DeletePrivateCARequest;
    type Response = DeletePrivateCAResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeletePrivateCARequest {
    #[serde(rename = "CertName")]
    pub cert_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeletePrivateCAResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeleteProductPrivateCA;

impl Operation for DeleteProductPrivateCA {
    const SPEC: &'static OperationSpec = &OPERATIONS[78];
    type Request = DeleteProductPrivateCARequest;
    type Response = DeleteProductPrivateCAResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteProductPrivateCARequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteProductPrivateCAResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeleteProductScript;

impl Operation for DeleteProductScript {
    const SPEC: &'static OperationSpec = &OPERATIONS[79];
    type Request = DeleteProductScriptRequest;
    type Response = DeleteProductScriptResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteProductScriptRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteProductScriptResponse {
    #[serde(rename = "Version")]
    pub version: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct DeleteProject;

impl Operation for DeleteProject {
    const SPEC: &'static OperationSpec = &OPERATIONS[80];
    type Request = DeleteProjectRequest;
    type Response = DeleteProjectResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteProjectRequest {
    #[serde(rename = "ProjectId")]
    pub project_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteProjectResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeleteSecretKey;

impl Operation for DeleteSecretKey {
    const SPEC: &'static OperationSpec = &OPERATIONS[81];
    type Request = DeleteSecretKeyRequest;
    type Response = DeleteSecretKeyResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteSecretKeyRequest {
    #[serde(rename = "SecretId")]
    pub secret_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteSecretKeyResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeleteStudioProduct;

impl Operation for DeleteStudioProduct {
    const SPEC: &'static OperationSpec = &OPERATIONS[82];
    type Request = DeleteStudioProductRequest;
    type Response = DeleteStudioProductResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteStudioProductRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteStudioProductResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeleteSubAccount;

impl Operation for DeleteSubAccount {
    const SPEC: &'static OperationSpec = &OPERATIONS[83];
    type Request = DeleteSubAccountRequest;
    type Response = DeleteSubAccountResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteSubAccountRequest {
    #[serde(rename = "Uin")]
    pub uin: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteSubAccountResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DeleteTopicPolicy;

impl Operation for DeleteTopicPolicy {
    const SPEC: &'static OperationSpec = &OPERATIONS[90];
    type Request = DeleteTopicPolicyRequest;
    type Response = DeleteTopicPolicyResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeleteTopicPolicyRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "TopicName")]
    pub topic_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DeleteTopicPolicyResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DescribeAccess;

impl Operation for DescribeAccess {
    const SPEC: &'static OperationSpec = &OPERATIONS[93];
    type Request = DescribeAccessRequest;
    type Response = DescribeAccessResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeAccessRequest {
    #[serde(rename = "Operation")]
    pub operation: String,
    #[serde(rename = "Uin")]
    pub uin: Option<String>,
    #[serde(rename = "ProjectId")]
    pub project_id: Option<String>,
    #[serde(rename = "ProductId")]
    pub product_id: Option<String>,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeAccessResponse {
    #[serde(rename = "Allowed")]
    pub allowed: bool,
    #[serde(rename = "Action")]
    pub action: String,
    #[serde(rename = "Resource")]
    pub resource: String,
    #[serde(rename = "Reason")]
    pub reason: String,
    #[serde(rename = "NeededDocument")]
    pub needed_document: String,
    #[serde(rename = "NeededPresets")]
    pub needed_presets: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeAccessPoints;

impl Operation for DescribeAccessPoints {
    const SPEC: &'static OperationSpec = &OPERATIONS[94];
    type Request = DescribeAccessPointsRequest;
    type Response = DescribeAccessPointsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeAccessPointsRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeAccessPointsResponse {
    #[serde(rename = "AccessPoints")]
    pub access_points: Vec<s::AccessPointItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeActivity;

impl Operation for DescribeActivity {
    const SPEC: &'static OperationSpec = &OPERATIONS[97];
    type Request = DescribeActivityRequest;
    type Response = DescribeActivityResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeActivityRequest {}

#[derive(Clone, Default, Serialize)]
pub struct DescribeActivityResponse {
    #[serde(rename = "Started")]
    pub started: u64,
    #[serde(rename = "Online")]
    pub online: u64,
    #[serde(rename = "Connections")]
    pub connections: u64,
    #[serde(rename = "Backends")]
    pub backends: u64,
    #[serde(rename = "LogBytes")]
    pub log_bytes: u64,
    #[serde(rename = "FreeBytes")]
    pub free_bytes: u64,
    #[serde(rename = "SizeBytes")]
    pub size_bytes: u64,
    #[serde(rename = "Behind")]
    pub behind: u64,
    #[serde(rename = "Minutes")]
    pub minutes: Vec<s::ActivityMinute>,
    #[serde(rename = "Failures")]
    pub failures: Vec<s::FailureCount>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeBackendDiagnosis;

impl Operation for DescribeBackendDiagnosis {
    const SPEC: &'static OperationSpec = &OPERATIONS[98];
    type Request = DescribeBackendDiagnosisRequest;
    type Response = DescribeBackendDiagnosisResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeBackendDiagnosisRequest {
    #[serde(rename = "ClientId")]
    pub client_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeBackendDiagnosisResponse {
    #[serde(rename = "CheckedTime")]
    pub checked_time: u64,
    #[serde(rename = "Problems")]
    pub problems: Vec<s::Problem>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeBindedProducts;

impl Operation for DescribeBindedProducts {
    const SPEC: &'static OperationSpec = &OPERATIONS[100];
    type Request = DescribeBindedProductsRequest;
    type Response = DescribeBindedProductsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeBindedProductsRequest {
    #[serde(rename = "GatewayProductId")]
    pub gateway_product_id: String,
    #[serde(rename = "Offset", deserialize_with = "wire::integer")]
    pub offset: i64,
    #[serde(rename = "Limit", deserialize_with = "wire::integer")]
    pub limit: i64,
    #[serde(rename = "ProductSource", deserialize_with = "wire::integer_or_none")]
    pub product_source: Option<i64>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeBindedProductsResponse {
    #[serde(rename = "Products")]
    pub products: Vec<s::BindProductInfo>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeCaller;

impl Operation for DescribeCaller {
    const SPEC: &'static OperationSpec = &OPERATIONS[101];
    type Request = DescribeCallerRequest;
    type Response = DescribeCallerResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeCallerRequest {}

#[derive(Clone, Default, Serialize)]
pub struct DescribeCallerResponse {
    #[serde(rename = "Uin")]
    pub uin: String,
    #[serde(rename = "OwnerUin")]
    pub owner_uin: String,
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "MainAccount")]
    pub main_account: bool,
    #[serde(rename = "PlatformAdministrator")]
    pub platform_administrator: bool,
    #[serde(rename = "Policies")]
    pub policies: Vec<String>,
    #[serde(rename = "Groups")]
    pub groups: Vec<String>,
    #[serde(rename = "InstanceId")]
    pub instance_id: String,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeConfiguration;

impl Operation for DescribeConfiguration {
    const SPEC: &'static OperationSpec = &OPERATIONS[120];
    type Request = DescribeConfigurationRequest;
    type Response = DescribeConfigurationResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeConfigurationRequest {}

#[derive(Clone, Default, Serialize)]
pub struct DescribeConfigurationResponse {
    #[serde(rename = "Settings")]
    pub settings: Vec<s::SettingItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeDevice;

impl Operation for DescribeDevice {
    const SPEC: &'static OperationSpec = &OPERATIONS[122];
    type Request = DescribeDeviceRequest;
    type Response = DescribeDeviceResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeDeviceRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "DeviceId")]
    pub device_id: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeDeviceResponse {
    #[serde(rename = "Device")]
    pub device: Option<s::DeviceInfo>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeDeviceBindGateway;

impl Operation for DescribeDeviceBindGateway {
    const SPEC: &'static OperationSpec = &OPERATIONS[123];
    type Request = DescribeDeviceBindGatewayRequest;
    type Response = DescribeDeviceBindGatewayResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeDeviceBindGatewayRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeDeviceBindGatewayResponse {
    #[serde(rename = "GatewayProductId")]
    pub gateway_product_id: String,
    #[serde(rename = "GatewayDeviceName")]
    pub gateway_device_name: String,
    #[serde(rename = "GatewayName")]
    pub gateway_name: String,
    #[serde(rename = "GatewayProductOwnerName")]
    pub gateway_product_owner_name: String,
    #[serde(rename = "GatewayProductOwnerUin")]
    pub gateway_product_owner_uin: String,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeDeviceCredentials;

impl Operation for DescribeDeviceCredentials {
    const SPEC: &'static OperationSpec = &OPERATIONS[124];
    type Request = DescribeDeviceCredentialsRequest;
    type Response = DescribeDeviceCredentialsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeDeviceCredentialsRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Method")]
    pub method: Option<String>,
    #[serde(rename = "ValidSeconds", deserialize_with = "wire::integer_or_none")]
    pub valid_seconds: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeDeviceCredentialsResponse {
    #[serde(rename = "ClientId")]
    pub client_id: String,
    #[serde(rename = "UserName")]
    pub user_name: String,
    #[serde(rename = "Password")]
    pub password: String,
    #[serde(rename = "ExpireTime")]
    pub expire_time: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeDeviceData;

impl Operation for DescribeDeviceData {
    const SPEC: &'static OperationSpec = &OPERATIONS[125];
    type Request = DescribeDeviceDataRequest;
    type Response = DescribeDeviceDataResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeDeviceDataRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "DeviceId")]
    pub device_id: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeDeviceDataResponse {
    #[serde(rename = "Data")]
    pub data: String,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeDeviceDataHistory;

impl Operation for DescribeDeviceDataHistory {
    const SPEC: &'static OperationSpec = &OPERATIONS[126];
    type Request = DescribeDeviceDataHistoryRequest;
    type Response = DescribeDeviceDataHistoryResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeDeviceDataHistoryRequest {
    #[serde(rename = "MinTime", deserialize_with = "wire::integer")]
    pub min_time: u64,
    #[serde(rename = "MaxTime", deserialize_with = "wire::integer")]
    pub max_time: u64,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "FieldName")]
    pub field_name: String,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<i64>,
    #[serde(rename = "Context")]
    pub context: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeDeviceDataHistoryResponse {
    #[serde(rename = "FieldName")]
    pub field_name: String,
    #[serde(rename = "Listover")]
    pub listover: bool,
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "Results")]
    pub results: Vec<s::DeviceDataHistoryItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeDeviceDataSummary;

impl Operation for DescribeDeviceDataSummary {
    const SPEC: &'static OperationSpec = &OPERATIONS[127];
    type Request = DescribeDeviceDataSummaryRequest;
    type Response = DescribeDeviceDataSummaryResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeDeviceDataSummaryRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "FieldName")]
    pub field_name: String,
    #[serde(rename = "MinTime", deserialize_with = "wire::integer")]
    pub min_time: u64,
    #[serde(rename = "MaxTime", deserialize_with = "wire::integer")]
    pub max_time: u64,
    #[serde(rename = "Step", deserialize_with = "wire::integer")]
    pub step: u64,
    #[serde(rename = "Context")]
    pub context: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeDeviceDataSummaryResponse {
    #[serde(rename = "Steps")]
    pub steps: Vec<s::DataStep>,
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "Listover")]
    pub listover: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeDeviceDiagnosis;

impl Operation for DescribeDeviceDiagnosis {
    const SPEC: &'static OperationSpec = &OPERATIONS[128];
    type Request = DescribeDeviceDiagnosisRequest;
    type Response = DescribeDeviceDiagnosisResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeDeviceDiagnosisRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeDeviceDiagnosisResponse {
    #[serde(rename = "CheckedTime")]
    pub checked_time: u64,
    #[serde(rename = "Problems")]
    pub problems: Vec<s::Problem>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeDeviceFiles;

impl Operation for DescribeDeviceFiles {
    const SPEC: &'static OperationSpec = &OPERATIONS[129];
    type Request = DescribeDeviceFilesRequest;
    type Response = DescribeDeviceFilesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeDeviceFilesRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeDeviceFilesResponse {
    #[serde(rename = "Resources")]
    pub resources: Vec<s::DeviceFileItem>,
    #[serde(rename = "InnerScenes")]
    pub inner_scenes: String,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeDevicePositionList;

impl Operation for DescribeDevicePositionList {
    const SPEC: &'static OperationSpec = &OPERATIONS[133];
    type Request = DescribeDevicePositionListRequest;
    type Response = DescribeDevicePositionListResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeDevicePositionListRequest {
    #[serde(rename = "ProductIdList", deserialize_with = "wire::list")]
    pub product_id_list: Vec<String>,
    #[serde(rename = "CoordinateType", deserialize_with = "wire::integer_or_none")]
    pub coordinate_type: Option<i64>,
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<i64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<i64>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeDevicePositionListResponse {
    #[serde(rename = "Positions")]
    pub positions: Vec<s::ProductDevicesPositionItem>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeDeviceShadow;

impl Operation for DescribeDeviceShadow {
    const SPEC: &'static OperationSpec = &OPERATIONS[134];
    type Request = DescribeDeviceShadowRequest;
    type Response = DescribeDeviceShadowResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeDeviceShadowRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeDeviceShadowResponse {
    #[serde(rename = "Data")]
    pub data: String,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeFenceBindList;

impl Operation for DescribeFenceBindList {
    const SPEC: &'static OperationSpec = &OPERATIONS[135];
    type Request = DescribeFenceBindListRequest;
    type Response = DescribeFenceBindListResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeFenceBindListRequest {
    #[serde(rename = "FenceId", deserialize_with = "wire::integer")]
    pub fence_id: i64,
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<i64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<i64>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeFenceBindListResponse {
    #[serde(rename = "List")]
    pub list: Vec<s::FenceBindProductItem>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeFenceEventList;

impl Operation for DescribeFenceEventList {
    const SPEC: &'static OperationSpec = &OPERATIONS[136];
    type Request = DescribeFenceEventListRequest;
    type Response = DescribeFenceEventListResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeFenceEventListRequest {
    #[serde(rename = "StartTime", deserialize_with = "wire::integer")]
    pub start_time: i64,
    #[serde(rename = "EndTime", deserialize_with = "wire::integer")]
    pub end_time: i64,
    #[serde(rename = "FenceId", deserialize_with = "wire::integer_or_none")]
    pub fence_id: Option<i64>,
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<i64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<i64>,
    #[serde(rename = "ProductId")]
    pub product_id: Option<String>,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeFenceEventListResponse {
    #[serde(rename = "List")]
    pub list: Vec<s::FenceEventItem>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeFile;

impl Operation for DescribeFile {
    const SPEC: &'static OperationSpec = &OPERATIONS[137];
    type Request = DescribeFileRequest;
    type Response = DescribeFileResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeFileRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "FileId", deserialize_with = "wire::integer")]
    pub file_id: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeFileResponse {
    #[serde(rename = "File")]
    pub file: Option<s::FileItem>,
    #[serde(rename = "DownloadUrl")]
    pub download_url: String,
    #[serde(rename = "ExpireTime")]
    pub expire_time: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeGatewayBindDevices;

impl Operation for DescribeGatewayBindDevices {
    const SPEC: &'static OperationSpec = &OPERATIONS[144];
    type Request = DescribeGatewayBindDevicesRequest;
    type Response = DescribeGatewayBindDevicesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeGatewayBindDevicesRequest {
    #[serde(rename = "GatewayProductId")]
    pub gateway_product_id: String,
    #[serde(rename = "GatewayDeviceName")]
    pub gateway_device_name: String,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Offset", deserialize_with = "wire::integer")]
    pub offset: i64,
    #[serde(rename = "Limit", deserialize_with = "wire::integer")]
    pub limit: i64,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeGatewayBindDevicesResponse {
    #[serde(rename = "Devices")]
    pub devices: Vec<s::BindDeviceInfo>,
    #[serde(rename = "Total")]
    pub total: i64,
    #[serde(rename = "ProductName")]
    pub product_name: String,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeGatewaySubDeviceList;

impl Operation for DescribeGatewaySubDeviceList {
    const SPEC: &'static OperationSpec = &OPERATIONS[145];
    type Request = DescribeGatewaySubDeviceListRequest;
    type Response = DescribeGatewaySubDeviceListResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeGatewaySubDeviceListRequest {
    #[serde(rename = "GatewayProductId")]
    pub gateway_product_id: String,
    #[serde(rename = "GatewayDeviceName")]
    pub gateway_device_name: String,
    #[serde(rename = "Offset", deserialize_with = "wire::integer")]
    pub offset: u64,
    #[serde(rename = "Limit", deserialize_with = "wire::integer")]
    pub limit: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeGatewaySubDeviceListResponse {
    #[serde(rename = "Total")]
    pub total: i64,
    #[serde(rename = "DeviceList")]
    pub device_list: Vec<s::FamilySubDevice>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeGatewaySubProducts;

impl Operation for DescribeGatewaySubProducts {
    const SPEC: &'static OperationSpec = &OPERATIONS[146];
    type Request = DescribeGatewaySubProductsRequest;
    type Response = DescribeGatewaySubProductsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeGatewaySubProductsRequest {
    #[serde(rename = "GatewayProductId")]
    pub gateway_product_id: String,
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<u64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
    #[serde(rename = "ProjectId")]
    pub project_id: Option<String>,
    #[serde(rename = "ProductSource", deserialize_with = "wire::integer_or_none")]
    pub product_source: Option<i64>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeGatewaySubProductsResponse {
    #[serde(rename = "Products")]
    pub products: Vec<s::BindProductInfo>,
    #[serde(rename = "Total")]
    pub total: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeLimits;

impl Operation for DescribeLimits {
    const SPEC: &'static OperationSpec = &OPERATIONS[149];
    type Request = DescribeLimitsRequest;
    type Response = DescribeLimitsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeLimitsRequest {}

#[derive(Clone, Default, Serialize)]
pub struct DescribeLimitsResponse {
    #[serde(rename = "Limits")]
    pub limits: Vec<s::LimitItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeLogLevel;

impl Operation for DescribeLogLevel {
    const SPEC: &'static OperationSpec = &OPERATIONS[151];
    type Request = DescribeLogLevelRequest;
    type Response = DescribeLogLevelResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeLogLevelRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeLogLevelResponse {
    #[serde(rename = "Level")]
    pub level: u64,
    #[serde(rename = "OwnLevel")]
    pub own_level: bool,
    #[serde(rename = "ProductLevel")]
    pub product_level: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeMessageVerdict;

impl Operation for DescribeMessageVerdict {
    const SPEC: &'static OperationSpec = &OPERATIONS[152];
    type Request = DescribeMessageVerdictRequest;
    type Response = DescribeMessageVerdictResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeMessageVerdictRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Function")]
    pub function: String,
    #[serde(rename = "Payload")]
    pub payload: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeMessageVerdictResponse {
    #[serde(rename = "Accepted")]
    pub accepted: bool,
    #[serde(rename = "Code")]
    pub code: u64,
    #[serde(rename = "Status")]
    pub status: String,
    #[serde(rename = "Text")]
    pub text: String,
    #[serde(rename = "Offset")]
    pub offset: u64,
    #[serde(rename = "Length")]
    pub length: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeModelConsequences;

impl Operation for DescribeModelConsequences {
    const SPEC: &'static OperationSpec = &OPERATIONS[153];
    type Request = DescribeModelConsequencesRequest;
    type Response = DescribeModelConsequencesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeModelConsequencesRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "ModelSchema")]
    pub model_schema: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeModelConsequencesResponse {
    #[serde(rename = "Devices")]
    pub devices: u64,
    #[serde(rename = "DevicesLookedAt")]
    pub devices_looked_at: u64,
    #[serde(rename = "MessagesLookedAt")]
    pub messages_looked_at: u64,
    #[serde(rename = "Since")]
    pub since: u64,
    #[serde(rename = "Consequences")]
    pub consequences: Vec<s::ModelConsequence>,
    #[serde(rename = "More")]
    pub more: bool,
    #[serde(rename = "Uses")]
    pub uses: Vec<s::PropertyUse>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeModelDefinition;

impl Operation for DescribeModelDefinition {
    const SPEC: &'static OperationSpec = &OPERATIONS[154];
    type Request = DescribeModelDefinitionRequest;
    type Response = DescribeModelDefinitionResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeModelDefinitionRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeModelDefinitionResponse {
    #[serde(rename = "Model")]
    pub model: Option<s::ProductModelDefinition>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribePositionFenceList;

impl Operation for DescribePositionFenceList {
    const SPEC: &'static OperationSpec = &OPERATIONS[158];
    type Request = DescribePositionFenceListRequest;
    type Response = DescribePositionFenceListResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribePositionFenceListRequest {
    #[serde(rename = "SpaceId")]
    pub space_id: String,
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<i64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<i64>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribePositionFenceListResponse {
    #[serde(rename = "List")]
    pub list: Vec<s::PositionFenceInfo>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribePrivateCA;

impl Operation for DescribePrivateCA {
    const SPEC: &'static OperationSpec = &OPERATIONS[159];
    type Request = DescribePrivateCARequest;
    type Response = DescribePrivateCAResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribePrivateCARequest {
    #[serde(rename = "CertName")]
    pub cert_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribePrivateCAResponse {
    #[serde(rename = "CA")]
    pub ca: Option<s::CertInfo>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribePrivateCABindedProducts;

impl Operation for DescribePrivateCABindedProducts {
    const SPEC: &'static OperationSpec = &OPERATIONS[160];
    type Request = DescribePrivateCABindedProductsRequest;
    type Response = DescribePrivateCABindedProductsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribePrivateCABindedProductsRequest {
    #[serde(rename = "CertName")]
    pub cert_name: String,
    #[serde(rename = "Offset", deserialize_with = "wire::integer")]
    pub offset: u64,
    #[serde(rename = "Limit", deserialize_with = "wire::integer")]
    pub limit: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribePrivateCABindedProductsResponse {
    #[serde(rename = "Products")]
    pub products: Vec<s::PrivateCABindProductInfo>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribePrivateCAs;

impl Operation for DescribePrivateCAs {
    const SPEC: &'static OperationSpec = &OPERATIONS[161];
    type Request = DescribePrivateCAsRequest;
    type Response = DescribePrivateCAsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribePrivateCAsRequest {}

#[derive(Clone, Default, Serialize)]
pub struct DescribePrivateCAsResponse {
    #[serde(rename = "CAs")]
    pub c_as: Vec<s::CertInfo>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeProductCA;

impl Operation for DescribeProductCA {
    const SPEC: &'static OperationSpec = &OPERATIONS[162];
    type Request = DescribeProductCARequest;
    type Response = DescribeProductCAResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeProductCARequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeProductCAResponse {
    #[serde(rename = "CAs")]
    pub c_as: Vec<s::CertInfo>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeProductDynamicRegister;

impl Operation for DescribeProductDynamicRegister {
    const SPEC: &'static OperationSpec = &OPERATIONS[164];
    type Request = DescribeProductDynamicRegisterRequest;
    type Response = DescribeProductDynamicRegisterResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeProductDynamicRegisterRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeProductDynamicRegisterResponse {
    #[serde(rename = "RegisterType")]
    pub register_type: u64,
    #[serde(rename = "ProductSecret")]
    pub product_secret: String,
    #[serde(rename = "RegisterLimit")]
    pub register_limit: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeProductScript;

impl Operation for DescribeProductScript {
    const SPEC: &'static OperationSpec = &OPERATIONS[165];
    type Request = DescribeProductScriptRequest;
    type Response = DescribeProductScriptResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeProductScriptRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Version", deserialize_with = "wire::integer_or_none")]
    pub version: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeProductScriptResponse {
    #[serde(rename = "Script")]
    pub script: String,
    #[serde(rename = "Version")]
    pub version: u64,
    #[serde(rename = "UpdateTime")]
    pub update_time: u64,
    #[serde(rename = "Uin")]
    pub uin: String,
    #[serde(rename = "EnableProductScript")]
    pub enable_product_script: String,
    #[serde(rename = "Versions")]
    pub versions: Vec<s::ScriptVersionItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeProductStorage;

impl Operation for DescribeProductStorage {
    const SPEC: &'static OperationSpec = &OPERATIONS[166];
    type Request = DescribeProductStorageRequest;
    type Response = DescribeProductStorageResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeProductStorageRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeProductStorageResponse {
    #[serde(rename = "RetentionDays")]
    pub retention_days: u64,
    #[serde(rename = "OwnRetention")]
    pub own_retention: bool,
    #[serde(rename = "RetentionDaysMax")]
    pub retention_days_max: u64,
    #[serde(rename = "Durability")]
    pub durability: String,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeProject;

impl Operation for DescribeProject {
    const SPEC: &'static OperationSpec = &OPERATIONS[167];
    type Request = DescribeProjectRequest;
    type Response = DescribeProjectResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeProjectRequest {
    #[serde(rename = "ProjectId")]
    pub project_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeProjectResponse {
    #[serde(rename = "Project")]
    pub project: Option<s::ProjectEntryEx>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeRemoteConfig;

impl Operation for DescribeRemoteConfig {
    const SPEC: &'static OperationSpec = &OPERATIONS[168];
    type Request = DescribeRemoteConfigRequest;
    type Response = DescribeRemoteConfigResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeRemoteConfigRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Version", deserialize_with = "wire::integer_or_none")]
    pub version: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeRemoteConfigResponse {
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    #[serde(rename = "Version")]
    pub version: u64,
    #[serde(rename = "Bytes")]
    pub bytes: u64,
    #[serde(rename = "CreateTime")]
    pub create_time: u64,
    #[serde(rename = "Config")]
    pub config: String,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeReportedInfo;

impl Operation for DescribeReportedInfo {
    const SPEC: &'static OperationSpec = &OPERATIONS[169];
    type Request = DescribeReportedInfoRequest;
    type Response = DescribeReportedInfoResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeReportedInfoRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeReportedInfoResponse {
    #[serde(rename = "Info")]
    pub info: String,
    #[serde(rename = "FirmwareVersion")]
    pub firmware_version: String,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeSpaceFenceEventList;

impl Operation for DescribeSpaceFenceEventList {
    const SPEC: &'static OperationSpec = &OPERATIONS[170];
    type Request = DescribeSpaceFenceEventListRequest;
    type Response = DescribeSpaceFenceEventListResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeSpaceFenceEventListRequest {
    #[serde(rename = "SpaceId")]
    pub space_id: String,
    #[serde(rename = "StartTime", deserialize_with = "wire::integer")]
    pub start_time: i64,
    #[serde(rename = "EndTime", deserialize_with = "wire::integer")]
    pub end_time: i64,
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<i64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<i64>,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeSpaceFenceEventListResponse {
    #[serde(rename = "List")]
    pub list: Vec<s::FenceEventItem>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeStudioProduct;

impl Operation for DescribeStudioProduct {
    const SPEC: &'static OperationSpec = &OPERATIONS[171];
    type Request = DescribeStudioProductRequest;
    type Response = DescribeStudioProductResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeStudioProductRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeStudioProductResponse {
    #[serde(rename = "Product")]
    pub product: Option<s::ProductEntry>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeSubscribedTopicPolicy;

impl Operation for DescribeSubscribedTopicPolicy {
    const SPEC: &'static OperationSpec = &OPERATIONS[172];
    type Request = DescribeSubscribedTopicPolicyRequest;
    type Response = DescribeSubscribedTopicPolicyResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeSubscribedTopicPolicyRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeSubscribedTopicPolicyResponse {
    #[serde(rename = "Topics")]
    pub topics: Vec<s::SubscribedTopicItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeTopicPolicy;

impl Operation for DescribeTopicPolicy {
    const SPEC: &'static OperationSpec = &OPERATIONS[188];
    type Request = DescribeTopicPolicyRequest;
    type Response = DescribeTopicPolicyResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeTopicPolicyRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "TopicName")]
    pub topic_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeTopicPolicyResponse {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "TopicName")]
    pub topic_name: String,
    #[serde(rename = "Privilege")]
    pub privilege: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct DescribeUnbindedDevices;

impl Operation for DescribeUnbindedDevices {
    const SPEC: &'static OperationSpec = &OPERATIONS[190];
    type Request = DescribeUnbindedDevicesRequest;
    type Response = DescribeUnbindedDevicesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DescribeUnbindedDevicesRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Offset", deserialize_with = "wire::integer")]
    pub offset: i64,
    #[serde(rename = "Limit", deserialize_with = "wire::integer")]
    pub limit: i64,
}

#[derive(Clone, Default, Serialize)]
pub struct DescribeUnbindedDevicesResponse {
    #[serde(rename = "UnbindedDevices")]
    pub unbinded_devices: Vec<s::BindDeviceInfo>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct DetachPolicies;

impl Operation for DetachPolicies {
    const SPEC: &'static OperationSpec = &OPERATIONS[194];
    type Request = DetachPoliciesRequest;
    type Response = DetachPoliciesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DetachPoliciesRequest {
    #[serde(rename = "Uin")]
    pub uin: Option<String>,
    #[serde(rename = "GroupName")]
    pub group_name: Option<String>,
    #[serde(rename = "Policies", deserialize_with = "wire::list")]
    pub policies: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct DetachPoliciesResponse {}

#[derive(Clone, Copy, Debug)]
pub struct DisableRemoteConfig;

impl Operation for DisableRemoteConfig {
    const SPEC: &'static OperationSpec = &OPERATIONS[196];
    type Request = DisableRemoteConfigRequest;
    type Response = DisableRemoteConfigResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DisableRemoteConfigRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct DisableRemoteConfigResponse {
    #[serde(rename = "Enabled")]
    pub enabled: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct EnableRemoteConfig;

impl Operation for EnableRemoteConfig {
    const SPEC: &'static OperationSpec = &OPERATIONS[199];
    type Request = EnableRemoteConfigRequest;
    type Response = EnableRemoteConfigResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct EnableRemoteConfigRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct EnableRemoteConfigResponse {
    #[serde(rename = "Enabled")]
    pub enabled: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct GetDeviceList;

impl Operation for GetDeviceList {
    const SPEC: &'static OperationSpec = &OPERATIONS[207];
    type Request = GetDeviceListRequest;
    type Response = GetDeviceListResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct GetDeviceListRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<i64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<i64>,
    #[serde(rename = "FirmwareVersion")]
    pub firmware_version: Option<String>,
    #[serde(rename = "FwType")]
    pub fw_type: Option<String>,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
    #[serde(rename = "ProjectId")]
    pub project_id: Option<String>,
    #[serde(rename = "Filters", deserialize_with = "wire::list")]
    pub filters: Vec<s::Filter>,
}

#[derive(Clone, Default, Serialize)]
pub struct GetDeviceListResponse {
    #[serde(rename = "Devices")]
    pub devices: Vec<s::DeviceInfo>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct GetDeviceLocationHistory;

impl Operation for GetDeviceLocationHistory {
    const SPEC: &'static OperationSpec = &OPERATIONS[208];
    type Request = GetDeviceLocationHistoryRequest;
    type Response = GetDeviceLocationHistoryResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct GetDeviceLocationHistoryRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "StartTime", deserialize_with = "wire::integer")]
    pub start_time: i64,
    #[serde(rename = "EndTime", deserialize_with = "wire::integer")]
    pub end_time: i64,
    #[serde(rename = "CoordinateType", deserialize_with = "wire::integer_or_none")]
    pub coordinate_type: Option<i64>,
}

#[derive(Clone, Default, Serialize)]
pub struct GetDeviceLocationHistoryResponse {
    #[serde(rename = "Positions")]
    pub positions: Vec<s::PositionItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct GetDeviceSumStatistics;

impl Operation for GetDeviceSumStatistics {
    const SPEC: &'static OperationSpec = &OPERATIONS[209];
    type Request = GetDeviceSumStatisticsRequest;
    type Response = GetDeviceSumStatisticsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct GetDeviceSumStatisticsRequest {
    #[serde(rename = "ProjectId")]
    pub project_id: String,
    #[serde(rename = "ProductIds", deserialize_with = "wire::list")]
    pub product_ids: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct GetDeviceSumStatisticsResponse {
    #[serde(rename = "ActivationCount")]
    pub activation_count: i64,
    #[serde(rename = "OnlineCount")]
    pub online_count: i64,
    #[serde(rename = "ActivationBeforeDay")]
    pub activation_before_day: i64,
    #[serde(rename = "ActiveBeforeDay")]
    pub active_before_day: i64,
    #[serde(rename = "ActivationWeekDayCount")]
    pub activation_week_day_count: i64,
    #[serde(rename = "ActiveWeekDayCount")]
    pub active_week_day_count: i64,
    #[serde(rename = "ActivationBeforeWeekDayCount")]
    pub activation_before_week_day_count: i64,
    #[serde(rename = "ActiveBeforeWeekDayCount")]
    pub active_before_week_day_count: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct GetGatewaySubDeviceList;

impl Operation for GetGatewaySubDeviceList {
    const SPEC: &'static OperationSpec = &OPERATIONS[211];
    type Request = GetGatewaySubDeviceListRequest;
    type Response = GetGatewaySubDeviceListResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct GetGatewaySubDeviceListRequest {
    #[serde(rename = "GatewayProductId")]
    pub gateway_product_id: String,
    #[serde(rename = "GatewayDeviceName")]
    pub gateway_device_name: String,
    #[serde(rename = "Offset", deserialize_with = "wire::integer")]
    pub offset: u64,
    #[serde(rename = "Limit", deserialize_with = "wire::integer")]
    pub limit: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct GetGatewaySubDeviceListResponse {
    #[serde(rename = "Total")]
    pub total: i64,
    #[serde(rename = "DeviceList")]
    pub device_list: Option<s::FamilySubDevice>,
}

#[derive(Clone, Copy, Debug)]
pub struct GetPositionSpaceList;

impl Operation for GetPositionSpaceList {
    const SPEC: &'static OperationSpec = &OPERATIONS[213];
    type Request = GetPositionSpaceListRequest;
    type Response = GetPositionSpaceListResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct GetPositionSpaceListRequest {
    #[serde(rename = "ProjectId")]
    pub project_id: String,
    #[serde(rename = "Offset", deserialize_with = "wire::integer")]
    pub offset: i64,
    #[serde(rename = "Limit", deserialize_with = "wire::integer")]
    pub limit: i64,
}

#[derive(Clone, Default, Serialize)]
pub struct GetPositionSpaceListResponse {
    #[serde(rename = "List")]
    pub list: Vec<s::PositionSpaceInfo>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct GetProjectList;

impl Operation for GetProjectList {
    const SPEC: &'static OperationSpec = &OPERATIONS[214];
    type Request = GetProjectListRequest;
    type Response = GetProjectListResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct GetProjectListRequest {
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<i64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<i64>,
    #[serde(rename = "InstanceId")]
    pub instance_id: Option<String>,
    #[serde(rename = "ProjectId")]
    pub project_id: Option<String>,
    #[serde(rename = "ProductId")]
    pub product_id: Option<String>,
    #[serde(rename = "Includes", deserialize_with = "wire::list")]
    pub includes: Vec<String>,
    #[serde(rename = "ProjectName")]
    pub project_name: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct GetProjectListResponse {
    #[serde(rename = "Projects")]
    pub projects: Vec<s::ProjectEntryEx>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct GetStudioProductList;

impl Operation for GetStudioProductList {
    const SPEC: &'static OperationSpec = &OPERATIONS[215];
    type Request = GetStudioProductListRequest;
    type Response = GetStudioProductListResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct GetStudioProductListRequest {
    #[serde(rename = "ProjectId")]
    pub project_id: Option<String>,
    #[serde(rename = "DevStatus")]
    pub dev_status: Option<String>,
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<u64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct GetStudioProductListResponse {
    #[serde(rename = "Products")]
    pub products: Vec<s::ProductEntry>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct ListAccountLog;

impl Operation for ListAccountLog {
    const SPEC: &'static OperationSpec = &OPERATIONS[236];
    type Request = ListAccountLogRequest;
    type Response = ListAccountLogResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListAccountLogRequest {
    #[serde(rename = "MinTime", deserialize_with = "wire::integer")]
    pub min_time: u64,
    #[serde(rename = "MaxTime", deserialize_with = "wire::integer")]
    pub max_time: u64,
    #[serde(rename = "ClientId")]
    pub client_id: Option<String>,
    #[serde(rename = "Events", deserialize_with = "wire::list")]
    pub events: Vec<String>,
    #[serde(rename = "Keyword")]
    pub keyword: Option<String>,
    #[serde(rename = "Context")]
    pub context: Option<String>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListAccountLogResponse {
    #[serde(rename = "Rows")]
    pub rows: Vec<s::AccountLogRow>,
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "Listover")]
    pub listover: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct ListActionHistory;

impl Operation for ListActionHistory {
    const SPEC: &'static OperationSpec = &OPERATIONS[237];
    type Request = ListActionHistoryRequest;
    type Response = ListActionHistoryResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListActionHistoryRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "ActionId")]
    pub action_id: Option<String>,
    #[serde(rename = "MinTime", deserialize_with = "wire::integer")]
    pub min_time: u64,
    #[serde(rename = "MaxTime", deserialize_with = "wire::integer")]
    pub max_time: u64,
    #[serde(rename = "Context")]
    pub context: Option<String>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListActionHistoryResponse {
    #[serde(rename = "Calls")]
    pub calls: Vec<s::ActionCallItem>,
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "Listover")]
    pub listover: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct ListAuditLog;

impl Operation for ListAuditLog {
    const SPEC: &'static OperationSpec = &OPERATIONS[238];
    type Request = ListAuditLogRequest;
    type Response = ListAuditLogResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListAuditLogRequest {
    #[serde(rename = "MinTime", deserialize_with = "wire::integer")]
    pub min_time: u64,
    #[serde(rename = "MaxTime", deserialize_with = "wire::integer")]
    pub max_time: u64,
    #[serde(rename = "Uin")]
    pub uin: Option<String>,
    #[serde(rename = "Operation")]
    pub operation: Option<String>,
    #[serde(rename = "WritesOnly")]
    pub writes_only: Option<bool>,
    #[serde(rename = "Context")]
    pub context: Option<String>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListAuditLogResponse {
    #[serde(rename = "Entries")]
    pub entries: Vec<s::AuditEntry>,
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "Listover")]
    pub listover: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct ListDeviceLog;

impl Operation for ListDeviceLog {
    const SPEC: &'static OperationSpec = &OPERATIONS[239];
    type Request = ListDeviceLogRequest;
    type Response = ListDeviceLogResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListDeviceLogRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
    #[serde(rename = "Kinds", deserialize_with = "wire::list")]
    pub kinds: Vec<String>,
    #[serde(rename = "Direction")]
    pub direction: Option<String>,
    #[serde(rename = "MinTime", deserialize_with = "wire::integer")]
    pub min_time: u64,
    #[serde(rename = "MaxTime", deserialize_with = "wire::integer")]
    pub max_time: u64,
    #[serde(rename = "Keyword")]
    pub keyword: Option<String>,
    #[serde(rename = "RequestId")]
    pub request_id: Option<String>,
    #[serde(rename = "Context")]
    pub context: Option<String>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListDeviceLogResponse {
    #[serde(rename = "Rows")]
    pub rows: Vec<s::DeviceLogRow>,
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "Listover")]
    pub listover: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct ListDeviceSecrets;

impl Operation for ListDeviceSecrets {
    const SPEC: &'static OperationSpec = &OPERATIONS[240];
    type Request = ListDeviceSecretsRequest;
    type Response = ListDeviceSecretsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListDeviceSecretsRequest {
    #[serde(rename = "Devices", deserialize_with = "wire::list")]
    pub devices: Vec<s::DevicesItem>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListDeviceSecretsResponse {
    #[serde(rename = "Secrets")]
    pub secrets: Vec<s::DeviceSecretItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListDevices;

impl Operation for ListDevices {
    const SPEC: &'static OperationSpec = &OPERATIONS[241];
    type Request = ListDevicesRequest;
    type Response = ListDevicesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListDevicesRequest {
    #[serde(rename = "ProductId")]
    pub product_id: Option<String>,
    #[serde(rename = "ProjectId")]
    pub project_id: Option<String>,
    #[serde(rename = "State")]
    pub state: Option<String>,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
    #[serde(rename = "Tags", deserialize_with = "wire::list")]
    pub tags: Vec<s::TagItem>,
    #[serde(rename = "FirmwareVersion")]
    pub firmware_version: Option<String>,
    #[serde(rename = "Context")]
    pub context: Option<String>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListDevicesResponse {
    #[serde(rename = "Devices")]
    pub devices: Vec<s::DeviceInfo>,
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "Listover")]
    pub listover: bool,
    #[serde(rename = "Counts")]
    pub counts: Option<s::DeviceCounts>,
    #[serde(rename = "DevicesRead")]
    pub devices_read: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct ListEventHistory;

impl Operation for ListEventHistory {
    const SPEC: &'static OperationSpec = &OPERATIONS[242];
    type Request = ListEventHistoryRequest;
    type Response = ListEventHistoryResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListEventHistoryRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Type")]
    pub r#type: Option<String>,
    #[serde(rename = "StartTime", deserialize_with = "wire::integer_or_none")]
    pub start_time: Option<i64>,
    #[serde(rename = "EndTime", deserialize_with = "wire::integer_or_none")]
    pub end_time: Option<u64>,
    #[serde(rename = "Context")]
    pub context: Option<String>,
    #[serde(rename = "Size", deserialize_with = "wire::integer_or_none")]
    pub size: Option<i64>,
    #[serde(rename = "EventId")]
    pub event_id: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListEventHistoryResponse {
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "Total")]
    pub total: i64,
    #[serde(rename = "Listover")]
    pub listover: bool,
    #[serde(rename = "EventHistory")]
    pub event_history: Vec<s::EventHistoryItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListFileTasks;

impl Operation for ListFileTasks {
    const SPEC: &'static OperationSpec = &OPERATIONS[243];
    type Request = ListFileTasksRequest;
    type Response = ListFileTasksResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListFileTasksRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ListFileTasksResponse {
    #[serde(rename = "Tasks")]
    pub tasks: Vec<s::FileTaskItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListFiles;

impl Operation for ListFiles {
    const SPEC: &'static OperationSpec = &OPERATIONS[244];
    type Request = ListFilesRequest;
    type Response = ListFilesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListFilesRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<u64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListFilesResponse {
    #[serde(rename = "Total")]
    pub total: u64,
    #[serde(rename = "Files")]
    pub files: Vec<s::FileItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListGroups;

impl Operation for ListGroups {
    const SPEC: &'static OperationSpec = &OPERATIONS[246];
    type Request = ListGroupsRequest;
    type Response = ListGroupsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListGroupsRequest {}

#[derive(Clone, Default, Serialize)]
pub struct ListGroupsResponse {
    #[serde(rename = "Groups")]
    pub groups: Vec<s::Group>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListJudgedMessages;

impl Operation for ListJudgedMessages {
    const SPEC: &'static OperationSpec = &OPERATIONS[247];
    type Request = ListJudgedMessagesRequest;
    type Response = ListJudgedMessagesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListJudgedMessagesRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
    #[serde(rename = "MinTime", deserialize_with = "wire::integer")]
    pub min_time: u64,
    #[serde(rename = "MaxTime", deserialize_with = "wire::integer")]
    pub max_time: u64,
    #[serde(rename = "ModelSchema")]
    pub model_schema: Option<String>,
    #[serde(rename = "Context")]
    pub context: Option<String>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListJudgedMessagesResponse {
    #[serde(rename = "Differences")]
    pub differences: Vec<s::JudgedMessage>,
    #[serde(rename = "Judged")]
    pub judged: u64,
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "Listover")]
    pub listover: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct ListKnownProblems;

impl Operation for ListKnownProblems {
    const SPEC: &'static OperationSpec = &OPERATIONS[248];
    type Request = ListKnownProblemsRequest;
    type Response = ListKnownProblemsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListKnownProblemsRequest {}

#[derive(Clone, Default, Serialize)]
pub struct ListKnownProblemsResponse {
    #[serde(rename = "KnownProblems")]
    pub known_problems: Vec<s::KnownProblem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListLog;

impl Operation for ListLog {
    const SPEC: &'static OperationSpec = &OPERATIONS[249];
    type Request = ListLogRequest;
    type Response = ListLogResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListLogRequest {
    #[serde(rename = "MinTime", deserialize_with = "wire::integer")]
    pub min_time: u64,
    #[serde(rename = "MaxTime", deserialize_with = "wire::integer")]
    pub max_time: u64,
    #[serde(rename = "Keywords")]
    pub keywords: Option<String>,
    #[serde(rename = "Context")]
    pub context: Option<String>,
    #[serde(rename = "MaxNum", deserialize_with = "wire::integer_or_none")]
    pub max_num: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListLogResponse {
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "Listover")]
    pub listover: bool,
    #[serde(rename = "TotalCount")]
    pub total_count: u64,
    #[serde(rename = "Results")]
    pub results: Vec<s::CLSLogItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListLogPayload;

impl Operation for ListLogPayload {
    const SPEC: &'static OperationSpec = &OPERATIONS[250];
    type Request = ListLogPayloadRequest;
    type Response = ListLogPayloadResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListLogPayloadRequest {
    #[serde(rename = "MinTime", deserialize_with = "wire::integer")]
    pub min_time: u64,
    #[serde(rename = "MaxTime", deserialize_with = "wire::integer")]
    pub max_time: u64,
    #[serde(rename = "Keywords")]
    pub keywords: String,
    #[serde(rename = "Context")]
    pub context: Option<String>,
    #[serde(rename = "MaxNum", deserialize_with = "wire::integer_or_none")]
    pub max_num: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListLogPayloadResponse {
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "Listover")]
    pub listover: bool,
    #[serde(rename = "TotalCount")]
    pub total_count: u64,
    #[serde(rename = "Results")]
    pub results: Vec<s::PayloadLogItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListMainAccounts;

impl Operation for ListMainAccounts {
    const SPEC: &'static OperationSpec = &OPERATIONS[251];
    type Request = ListMainAccountsRequest;
    type Response = ListMainAccountsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListMainAccountsRequest {
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<u64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListMainAccountsResponse {
    #[serde(rename = "Total")]
    pub total: u64,
    #[serde(rename = "MainAccounts")]
    pub main_accounts: Vec<s::MainAccountItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListMessages;

impl Operation for ListMessages {
    const SPEC: &'static OperationSpec = &OPERATIONS[252];
    type Request = ListMessagesRequest;
    type Response = ListMessagesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListMessagesRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
    #[serde(rename = "MinTime", deserialize_with = "wire::integer")]
    pub min_time: u64,
    #[serde(rename = "MaxTime", deserialize_with = "wire::integer")]
    pub max_time: u64,
    #[serde(rename = "Context")]
    pub context: Option<String>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListMessagesResponse {
    #[serde(rename = "Messages")]
    pub messages: Vec<s::LoggedMessage>,
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "RecordsRead")]
    pub records_read: u64,
    #[serde(rename = "Listover")]
    pub listover: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct ListPolicies;

impl Operation for ListPolicies {
    const SPEC: &'static OperationSpec = &OPERATIONS[254];
    type Request = ListPoliciesRequest;
    type Response = ListPoliciesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListPoliciesRequest {}

#[derive(Clone, Default, Serialize)]
pub struct ListPoliciesResponse {
    #[serde(rename = "Policies")]
    pub policies: Vec<s::PolicyItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListRefusedStrangers;

impl Operation for ListRefusedStrangers {
    const SPEC: &'static OperationSpec = &OPERATIONS[256];
    type Request = ListRefusedStrangersRequest;
    type Response = ListRefusedStrangersResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListRefusedStrangersRequest {
    #[serde(rename = "ProductId")]
    pub product_id: Option<String>,
    #[serde(rename = "SourceAddress")]
    pub source_address: Option<String>,
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<u64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListRefusedStrangersResponse {
    #[serde(rename = "TotalCount")]
    pub total_count: u64,
    #[serde(rename = "Strangers")]
    pub strangers: Vec<s::RefusedStranger>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListRemoteConfigs;

impl Operation for ListRemoteConfigs {
    const SPEC: &'static OperationSpec = &OPERATIONS[257];
    type Request = ListRemoteConfigsRequest;
    type Response = ListRemoteConfigsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListRemoteConfigsRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ListRemoteConfigsResponse {
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    #[serde(rename = "Versions")]
    pub versions: Vec<s::RemoteConfigVersion>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListSDKLog;

impl Operation for ListSDKLog {
    const SPEC: &'static OperationSpec = &OPERATIONS[258];
    type Request = ListSDKLogRequest;
    type Response = ListSDKLogResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListSDKLogRequest {
    #[serde(rename = "MinTime", deserialize_with = "wire::integer")]
    pub min_time: u64,
    #[serde(rename = "MaxTime", deserialize_with = "wire::integer")]
    pub max_time: u64,
    #[serde(rename = "Keywords")]
    pub keywords: String,
    #[serde(rename = "Context")]
    pub context: Option<String>,
    #[serde(rename = "MaxNum", deserialize_with = "wire::integer_or_none")]
    pub max_num: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListSDKLogResponse {
    #[serde(rename = "Context")]
    pub context: String,
    #[serde(rename = "Listover")]
    pub listover: bool,
    #[serde(rename = "TotalCount")]
    pub total_count: u64,
    #[serde(rename = "Results")]
    pub results: Vec<s::SDKLogItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListSecretKeys;

impl Operation for ListSecretKeys {
    const SPEC: &'static OperationSpec = &OPERATIONS[259];
    type Request = ListSecretKeysRequest;
    type Response = ListSecretKeysResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListSecretKeysRequest {
    #[serde(rename = "Uin")]
    pub uin: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListSecretKeysResponse {
    #[serde(rename = "SecretKeys")]
    pub secret_keys: Vec<s::SecretKeyItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListSimulations;

impl Operation for ListSimulations {
    const SPEC: &'static OperationSpec = &OPERATIONS[260];
    type Request = ListSimulationsRequest;
    type Response = ListSimulationsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListSimulationsRequest {}

#[derive(Clone, Default, Serialize)]
pub struct ListSimulationsResponse {
    #[serde(rename = "Simulations")]
    pub simulations: Vec<s::SimulationItem>,
    #[serde(rename = "DevicesMax")]
    pub devices_max: u64,
    #[serde(rename = "DevicesUsed")]
    pub devices_used: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct ListSubAccounts;

impl Operation for ListSubAccounts {
    const SPEC: &'static OperationSpec = &OPERATIONS[261];
    type Request = ListSubAccountsRequest;
    type Response = ListSubAccountsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListSubAccountsRequest {
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<u64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListSubAccountsResponse {
    #[serde(rename = "Total")]
    pub total: u64,
    #[serde(rename = "SubAccounts")]
    pub sub_accounts: Vec<s::SubAccount>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListSubDevices;

impl Operation for ListSubDevices {
    const SPEC: &'static OperationSpec = &OPERATIONS[262];
    type Request = ListSubDevicesRequest;
    type Response = ListSubDevicesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListSubDevicesRequest {
    #[serde(rename = "GatewayProductId")]
    pub gateway_product_id: String,
    #[serde(rename = "GatewayDeviceName")]
    pub gateway_device_name: String,
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<u64>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListSubDevicesResponse {
    #[serde(rename = "Devices")]
    pub devices: Vec<s::DeviceInfo>,
    #[serde(rename = "Total")]
    pub total: u64,
    #[serde(rename = "Online")]
    pub online: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct ListTags;

impl Operation for ListTags {
    const SPEC: &'static OperationSpec = &OPERATIONS[266];
    type Request = ListTagsRequest;
    type Response = ListTagsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListTagsRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct ListTagsResponse {
    #[serde(rename = "Tags")]
    pub tags: Vec<s::TagItem>,
    #[serde(rename = "Inherited")]
    pub inherited: Vec<s::TagItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ListTopicPolicy;

impl Operation for ListTopicPolicy {
    const SPEC: &'static OperationSpec = &OPERATIONS[267];
    type Request = ListTopicPolicyRequest;
    type Response = ListTopicPolicyResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListTopicPolicyRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ListTopicPolicyResponse {
    #[serde(rename = "Topics")]
    pub topics: Vec<s::TopicItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct ModifyFenceBind;

impl Operation for ModifyFenceBind {
    const SPEC: &'static OperationSpec = &OPERATIONS[271];
    type Request = ModifyFenceBindRequest;
    type Response = ModifyFenceBindResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ModifyFenceBindRequest {
    #[serde(rename = "FenceId", deserialize_with = "wire::integer")]
    pub fence_id: i64,
    #[serde(rename = "Items", deserialize_with = "wire::list")]
    pub items: Vec<s::FenceBindProductItem>,
}

#[derive(Clone, Default, Serialize)]
pub struct ModifyFenceBindResponse {}

#[derive(Clone, Copy, Debug)]
pub struct ModifyModelDefinition;

impl Operation for ModifyModelDefinition {
    const SPEC: &'static OperationSpec = &OPERATIONS[274];
    type Request = ModifyModelDefinitionRequest;
    type Response = ModifyModelDefinitionResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ModifyModelDefinitionRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "ModelSchema")]
    pub model_schema: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ModifyModelDefinitionResponse {}

#[derive(Clone, Copy, Debug)]
pub struct ModifyPositionFence;

impl Operation for ModifyPositionFence {
    const SPEC: &'static OperationSpec = &OPERATIONS[275];
    type Request = ModifyPositionFenceRequest;
    type Response = ModifyPositionFenceResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ModifyPositionFenceRequest {
    #[serde(rename = "SpaceId")]
    pub space_id: Option<String>,
    #[serde(rename = "FenceId", deserialize_with = "wire::integer_or_none")]
    pub fence_id: Option<i64>,
    #[serde(rename = "FenceName")]
    pub fence_name: Option<String>,
    #[serde(rename = "FenceArea")]
    pub fence_area: Option<String>,
    #[serde(rename = "FenceDesc")]
    pub fence_desc: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct ModifyPositionFenceResponse {}

#[derive(Clone, Copy, Debug)]
pub struct ModifyPositionSpace;

impl Operation for ModifyPositionSpace {
    const SPEC: &'static OperationSpec = &OPERATIONS[276];
    type Request = ModifyPositionSpaceRequest;
    type Response = ModifyPositionSpaceResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ModifyPositionSpaceRequest {
    #[serde(rename = "SpaceId")]
    pub space_id: String,
    #[serde(rename = "SpaceName")]
    pub space_name: String,
    #[serde(rename = "AuthorizeType", deserialize_with = "wire::integer")]
    pub authorize_type: i64,
    #[serde(rename = "ProductIdList", deserialize_with = "wire::list")]
    pub product_id_list: Vec<String>,
    #[serde(rename = "Description")]
    pub description: Option<String>,
    #[serde(rename = "Icon")]
    pub icon: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct ModifyPositionSpaceResponse {}

#[derive(Clone, Copy, Debug)]
pub struct ModifyProductDynamicRegister;

impl Operation for ModifyProductDynamicRegister {
    const SPEC: &'static OperationSpec = &OPERATIONS[278];
    type Request = ModifyProductDynamicRegisterRequest;
    type Response = ModifyProductDynamicRegisterResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ModifyProductDynamicRegisterRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "RegisterType", deserialize_with = "wire::integer")]
    pub register_type: u64,
    #[serde(rename = "RegisterLimit", deserialize_with = "wire::integer")]
    pub register_limit: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct ModifyProductDynamicRegisterResponse {
    #[serde(rename = "RegisterType")]
    pub register_type: u64,
    #[serde(rename = "ProductSecret")]
    pub product_secret: String,
    #[serde(rename = "RegisterLimit")]
    pub register_limit: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct ModifyProject;

impl Operation for ModifyProject {
    const SPEC: &'static OperationSpec = &OPERATIONS[279];
    type Request = ModifyProjectRequest;
    type Response = ModifyProjectResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ModifyProjectRequest {
    #[serde(rename = "ProjectId")]
    pub project_id: String,
    #[serde(rename = "ProjectName")]
    pub project_name: String,
    #[serde(rename = "ProjectDesc")]
    pub project_desc: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ModifyProjectResponse {
    #[serde(rename = "Project")]
    pub project: Option<s::ProjectEntry>,
}

#[derive(Clone, Copy, Debug)]
pub struct ModifySpaceProperty;

impl Operation for ModifySpaceProperty {
    const SPEC: &'static OperationSpec = &OPERATIONS[280];
    type Request = ModifySpacePropertyRequest;
    type Response = ModifySpacePropertyResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ModifySpacePropertyRequest {
    #[serde(rename = "SpaceId")]
    pub space_id: String,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Data")]
    pub data: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ModifySpacePropertyResponse {}

#[derive(Clone, Copy, Debug)]
pub struct ModifyStudioProduct;

impl Operation for ModifyStudioProduct {
    const SPEC: &'static OperationSpec = &OPERATIONS[281];
    type Request = ModifyStudioProductRequest;
    type Response = ModifyStudioProductResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ModifyStudioProductRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "ProductName")]
    pub product_name: String,
    #[serde(rename = "ProductDesc")]
    pub product_desc: String,
    #[serde(rename = "ModuleId", deserialize_with = "wire::integer")]
    pub module_id: i64,
    #[serde(rename = "EnableProductScript")]
    pub enable_product_script: Option<String>,
    #[serde(rename = "BindStrategy", deserialize_with = "wire::integer_or_none")]
    pub bind_strategy: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct ModifyStudioProductResponse {
    #[serde(rename = "Product")]
    pub product: Option<s::ProductEntry>,
}

#[derive(Clone, Copy, Debug)]
pub struct ModifyTopicPolicy;

impl Operation for ModifyTopicPolicy {
    const SPEC: &'static OperationSpec = &OPERATIONS[291];
    type Request = ModifyTopicPolicyRequest;
    type Response = ModifyTopicPolicyResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ModifyTopicPolicyRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "TopicName")]
    pub topic_name: String,
    #[serde(rename = "NewTopicName")]
    pub new_topic_name: String,
    #[serde(rename = "Privilege", deserialize_with = "wire::integer")]
    pub privilege: u64,
}

#[derive(Clone, Default, Serialize)]
pub struct ModifyTopicPolicyResponse {}

#[derive(Clone, Copy, Debug)]
pub struct NotifyDeviceBinding;

impl Operation for NotifyDeviceBinding {
    const SPEC: &'static OperationSpec = &OPERATIONS[293];
    type Request = NotifyDeviceBindingRequest;
    type Response = NotifyDeviceBindingResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct NotifyDeviceBindingRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Event")]
    pub event: String,
}

#[derive(Clone, Default, Serialize)]
pub struct NotifyDeviceBindingResponse {
    #[serde(rename = "Told")]
    pub told: String,
}

#[derive(Clone, Copy, Debug)]
pub struct PublishBroadcastMessage;

impl Operation for PublishBroadcastMessage {
    const SPEC: &'static OperationSpec = &OPERATIONS[296];
    type Request = PublishBroadcastMessageRequest;
    type Response = PublishBroadcastMessageResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct PublishBroadcastMessageRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Payload")]
    pub payload: String,
    #[serde(rename = "Qos", deserialize_with = "wire::integer")]
    pub qos: i64,
    #[serde(rename = "PayloadEncoding")]
    pub payload_encoding: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct PublishBroadcastMessageResponse {
    #[serde(rename = "TaskId")]
    pub task_id: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct PublishMessage;

impl Operation for PublishMessage {
    const SPEC: &'static OperationSpec = &OPERATIONS[298];
    type Request = PublishMessageRequest;
    type Response = PublishMessageResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct PublishMessageRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Topic")]
    pub topic: String,
    #[serde(rename = "Payload")]
    pub payload: String,
    #[serde(rename = "Qos", deserialize_with = "wire::integer_or_none")]
    pub qos: Option<u64>,
    #[serde(rename = "PayloadEncoding")]
    pub payload_encoding: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct PublishMessageResponse {}

#[derive(Clone, Copy, Debug)]
pub struct PublishRRPCMessage;

impl Operation for PublishRRPCMessage {
    const SPEC: &'static OperationSpec = &OPERATIONS[299];
    type Request = PublishRRPCMessageRequest;
    type Response = PublishRRPCMessageResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct PublishRRPCMessageRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "Payload")]
    pub payload: String,
}

#[derive(Clone, Default, Serialize)]
pub struct PublishRRPCMessageResponse {
    #[serde(rename = "MessageId")]
    pub message_id: Option<i64>,
    #[serde(rename = "PayloadBase64")]
    pub payload_base64: Option<String>,
}

#[derive(Clone, Copy, Debug)]
pub struct PushFile;

impl Operation for PushFile {
    const SPEC: &'static OperationSpec = &OPERATIONS[302];
    type Request = PushFileRequest;
    type Response = PushFileResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct PushFileRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "FileId", deserialize_with = "wire::integer")]
    pub file_id: u64,
    #[serde(rename = "Way")]
    pub way: String,
    #[serde(rename = "ResourceName")]
    pub resource_name: Option<String>,
    #[serde(rename = "Version")]
    pub version: Option<String>,
    #[serde(rename = "ResourceType")]
    pub resource_type: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct PushFileResponse {
    #[serde(rename = "TaskId")]
    pub task_id: u64,
    #[serde(rename = "Told")]
    pub told: String,
}

#[derive(Clone, Copy, Debug)]
pub struct PushRemoteConfig;

impl Operation for PushRemoteConfig {
    const SPEC: &'static OperationSpec = &OPERATIONS[303];
    type Request = PushRemoteConfigRequest;
    type Response = PushRemoteConfigResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct PushRemoteConfigRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct PushRemoteConfigResponse {
    #[serde(rename = "Version")]
    pub version: u64,
    #[serde(rename = "Bytes")]
    pub bytes: u64,
    #[serde(rename = "Sent")]
    pub sent: u64,
    #[serde(rename = "NotListening")]
    pub not_listening: u64,
    #[serde(rename = "OverRate")]
    pub over_rate: u64,
    #[serde(rename = "TooLarge")]
    pub too_large: u64,
    #[serde(rename = "Warning")]
    pub warning: String,
}

#[derive(Clone, Copy, Debug)]
pub struct ReleaseStudioProduct;

impl Operation for ReleaseStudioProduct {
    const SPEC: &'static OperationSpec = &OPERATIONS[304];
    type Request = ReleaseStudioProductRequest;
    type Response = ReleaseStudioProductResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ReleaseStudioProductRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DevStatus")]
    pub dev_status: String,
}

#[derive(Clone, Default, Serialize)]
pub struct ReleaseStudioProductResponse {}

#[derive(Clone, Copy, Debug)]
pub struct RemoveGroupMembers;

impl Operation for RemoveGroupMembers {
    const SPEC: &'static OperationSpec = &OPERATIONS[305];
    type Request = RemoveGroupMembersRequest;
    type Response = RemoveGroupMembersResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct RemoveGroupMembersRequest {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Uins", deserialize_with = "wire::list")]
    pub uins: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct RemoveGroupMembersResponse {}

#[derive(Clone, Copy, Debug)]
pub struct RenewDeviceCertificate;

impl Operation for RenewDeviceCertificate {
    const SPEC: &'static OperationSpec = &OPERATIONS[307];
    type Request = RenewDeviceCertificateRequest;
    type Response = RenewDeviceCertificateResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct RenewDeviceCertificateRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "TlsCrt")]
    pub tls_crt: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct RenewDeviceCertificateResponse {
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "DeviceCert")]
    pub device_cert: String,
    #[serde(rename = "DevicePrivateKey")]
    pub device_private_key: String,
}

#[derive(Clone, Copy, Debug)]
pub struct RunProductScript;

impl Operation for RunProductScript {
    const SPEC: &'static OperationSpec = &OPERATIONS[316];
    type Request = RunProductScriptRequest;
    type Response = RunProductScriptResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct RunProductScriptRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Direction")]
    pub direction: String,
    #[serde(rename = "Payload")]
    pub payload: String,
    #[serde(rename = "PayloadEncoding")]
    pub payload_encoding: Option<String>,
    #[serde(rename = "FPort", deserialize_with = "wire::integer_or_none")]
    pub f_port: Option<u64>,
    #[serde(rename = "Script")]
    pub script: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct RunProductScriptResponse {
    #[serde(rename = "Success")]
    pub success: bool,
    #[serde(rename = "Message")]
    pub message: String,
    #[serde(rename = "Bytes")]
    pub bytes: Vec<u64>,
    #[serde(rename = "ErrorMessage")]
    pub error_message: String,
    #[serde(rename = "ErrorKind")]
    pub error_kind: String,
    #[serde(rename = "Line")]
    pub line: u64,
    #[serde(rename = "Column")]
    pub column: u64,
    #[serde(rename = "Lines")]
    pub lines: Vec<String>,
    #[serde(rename = "TimeMicros")]
    pub time_micros: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct SavePolicy;

impl Operation for SavePolicy {
    const SPEC: &'static OperationSpec = &OPERATIONS[317];
    type Request = SavePolicyRequest;
    type Response = SavePolicyResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SavePolicyRequest {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Document")]
    pub document: String,
    #[serde(rename = "Remark")]
    pub remark: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct SavePolicyResponse {}

#[derive(Clone, Copy, Debug)]
pub struct SaveProductScript;

impl Operation for SaveProductScript {
    const SPEC: &'static OperationSpec = &OPERATIONS[318];
    type Request = SaveProductScriptRequest;
    type Response = SaveProductScriptResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SaveProductScriptRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Script")]
    pub script: String,
    #[serde(rename = "EnableProductScript")]
    pub enable_product_script: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct SaveProductScriptResponse {
    #[serde(rename = "Version")]
    pub version: u64,
    #[serde(rename = "EnableProductScript")]
    pub enable_product_script: String,
}

#[derive(Clone, Copy, Debug)]
pub struct SearchPositionSpace;

impl Operation for SearchPositionSpace {
    const SPEC: &'static OperationSpec = &OPERATIONS[319];
    type Request = SearchPositionSpaceRequest;
    type Response = SearchPositionSpaceResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SearchPositionSpaceRequest {
    #[serde(rename = "ProjectId")]
    pub project_id: String,
    #[serde(rename = "SpaceName")]
    pub space_name: String,
    #[serde(rename = "Offset", deserialize_with = "wire::integer")]
    pub offset: i64,
    #[serde(rename = "Limit", deserialize_with = "wire::integer")]
    pub limit: i64,
}

#[derive(Clone, Default, Serialize)]
pub struct SearchPositionSpaceResponse {
    #[serde(rename = "List")]
    pub list: Vec<s::PositionSpaceInfo>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct SearchStudioProduct;

impl Operation for SearchStudioProduct {
    const SPEC: &'static OperationSpec = &OPERATIONS[320];
    type Request = SearchStudioProductRequest;
    type Response = SearchStudioProductResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SearchStudioProductRequest {
    #[serde(rename = "ProjectId")]
    pub project_id: Option<String>,
    #[serde(rename = "ProductName")]
    pub product_name: Option<String>,
    #[serde(rename = "Limit", deserialize_with = "wire::integer_or_none")]
    pub limit: Option<u64>,
    #[serde(rename = "Offset", deserialize_with = "wire::integer_or_none")]
    pub offset: Option<u64>,
    #[serde(rename = "DevStatus")]
    pub dev_status: Option<String>,
    #[serde(rename = "ProductId")]
    pub product_id: Option<String>,
    #[serde(rename = "Filters", deserialize_with = "wire::list")]
    pub filters: Vec<s::Filter>,
}

#[derive(Clone, Default, Serialize)]
pub struct SearchStudioProductResponse {
    #[serde(rename = "Products")]
    pub products: Vec<s::ProductEntry>,
    #[serde(rename = "Total")]
    pub total: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct SetLogLevel;

impl Operation for SetLogLevel {
    const SPEC: &'static OperationSpec = &OPERATIONS[322];
    type Request = SetLogLevelRequest;
    type Response = SetLogLevelResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SetLogLevelRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
    #[serde(rename = "Level", deserialize_with = "wire::integer_or_none")]
    pub level: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct SetLogLevelResponse {
    #[serde(rename = "Level")]
    pub level: u64,
    #[serde(rename = "Told")]
    pub told: String,
}

#[derive(Clone, Copy, Debug)]
pub struct SetPassword;

impl Operation for SetPassword {
    const SPEC: &'static OperationSpec = &OPERATIONS[323];
    type Request = SetPasswordRequest;
    type Response = SetPasswordResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SetPasswordRequest {
    #[serde(rename = "OldPassword")]
    pub old_password: Option<String>,
    #[serde(rename = "NewPassword")]
    pub new_password: String,
    #[serde(rename = "Uin")]
    pub uin: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct SetPasswordResponse {}

#[derive(Clone, Copy, Debug)]
pub struct SetProductStorage;

impl Operation for SetProductStorage {
    const SPEC: &'static OperationSpec = &OPERATIONS[324];
    type Request = SetProductStorageRequest;
    type Response = SetProductStorageResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SetProductStorageRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "RetentionDays", deserialize_with = "wire::integer_or_none")]
    pub retention_days: Option<u64>,
    #[serde(rename = "Durability")]
    pub durability: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct SetProductStorageResponse {
    #[serde(rename = "RetentionDays")]
    pub retention_days: u64,
    #[serde(rename = "OwnRetention")]
    pub own_retention: bool,
    #[serde(rename = "RetentionDaysMax")]
    pub retention_days_max: u64,
    #[serde(rename = "Durability")]
    pub durability: String,
}

#[derive(Clone, Copy, Debug)]
pub struct SetRemoteConfig;

impl Operation for SetRemoteConfig {
    const SPEC: &'static OperationSpec = &OPERATIONS[325];
    type Request = SetRemoteConfigRequest;
    type Response = SetRemoteConfigResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SetRemoteConfigRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "Config")]
    pub config: String,
}

#[derive(Clone, Default, Serialize)]
pub struct SetRemoteConfigResponse {
    #[serde(rename = "Version")]
    pub version: u64,
    #[serde(rename = "Bytes")]
    pub bytes: u64,
    #[serde(rename = "Enabled")]
    pub enabled: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct SetTags;

impl Operation for SetTags {
    const SPEC: &'static OperationSpec = &OPERATIONS[326];
    type Request = SetTagsRequest;
    type Response = SetTagsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SetTagsRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: Option<String>,
    #[serde(rename = "Tags", deserialize_with = "wire::list")]
    pub tags: Vec<s::TagItem>,
}

#[derive(Clone, Default, Serialize)]
pub struct SetTagsResponse {}

#[derive(Clone, Copy, Debug)]
pub struct StartSimulation;

impl Operation for StartSimulation {
    const SPEC: &'static OperationSpec = &OPERATIONS[329];
    type Request = StartSimulationRequest;
    type Response = StartSimulationResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct StartSimulationRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceCount", deserialize_with = "wire::integer")]
    pub device_count: u64,
    #[serde(rename = "NamePrefix")]
    pub name_prefix: Option<String>,
    #[serde(rename = "CreateMissing")]
    pub create_missing: Option<bool>,
    #[serde(rename = "IntervalSeconds", deserialize_with = "wire::integer_or_none")]
    pub interval_seconds: Option<u64>,
    #[serde(rename = "Minutes", deserialize_with = "wire::integer_or_none")]
    pub minutes: Option<u64>,
    #[serde(rename = "FaultPercent", deserialize_with = "wire::integer_or_none")]
    pub fault_percent: Option<u64>,
}

#[derive(Clone, Default, Serialize)]
pub struct StartSimulationResponse {
    #[serde(rename = "Simulation")]
    pub simulation: Option<s::SimulationItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct StopSimulation;

impl Operation for StopSimulation {
    const SPEC: &'static OperationSpec = &OPERATIONS[331];
    type Request = StopSimulationRequest;
    type Response = StopSimulationResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct StopSimulationRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "SimulationId")]
    pub simulation_id: String,
    #[serde(rename = "DeleteCreated")]
    pub delete_created: Option<bool>,
}

#[derive(Clone, Default, Serialize)]
pub struct StopSimulationResponse {
    #[serde(rename = "Simulation")]
    pub simulation: Option<s::SimulationItem>,
}

#[derive(Clone, Copy, Debug)]
pub struct UnbindDevices;

impl Operation for UnbindDevices {
    const SPEC: &'static OperationSpec = &OPERATIONS[335];
    type Request = UnbindDevicesRequest;
    type Response = UnbindDevicesResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct UnbindDevicesRequest {
    #[serde(rename = "GatewayProductId")]
    pub gateway_product_id: String,
    #[serde(rename = "GatewayDeviceName")]
    pub gateway_device_name: String,
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceNames", deserialize_with = "wire::list")]
    pub device_names: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct UnbindDevicesResponse {}

#[derive(Clone, Copy, Debug)]
pub struct UnbindProducts;

impl Operation for UnbindProducts {
    const SPEC: &'static OperationSpec = &OPERATIONS[336];
    type Request = UnbindProductsRequest;
    type Response = UnbindProductsResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct UnbindProductsRequest {
    #[serde(rename = "GatewayProductId")]
    pub gateway_product_id: String,
    #[serde(rename = "ProductIds", deserialize_with = "wire::list")]
    pub product_ids: Vec<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct UnbindProductsResponse {
    #[serde(rename = "GatewayDeviceNames")]
    pub gateway_device_names: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
pub struct UpdateDeviceShadow;

impl Operation for UpdateDeviceShadow {
    const SPEC: &'static OperationSpec = &OPERATIONS[338];
    type Request = UpdateDeviceShadowRequest;
    type Response = UpdateDeviceShadowResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct UpdateDeviceShadowRequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "DeviceName")]
    pub device_name: String,
    #[serde(rename = "State")]
    pub state: String,
    #[serde(rename = "ShadowVersion", deserialize_with = "wire::integer")]
    pub shadow_version: u64,
    #[serde(rename = "Prefix")]
    pub prefix: Option<String>,
}

#[derive(Clone, Default, Serialize)]
pub struct UpdateDeviceShadowResponse {
    #[serde(rename = "Data")]
    pub data: String,
}

#[derive(Clone, Copy, Debug)]
pub struct UpdateDevicesEnableState;

impl Operation for UpdateDevicesEnableState {
    const SPEC: &'static OperationSpec = &OPERATIONS[340];
    type Request = UpdateDevicesEnableStateRequest;
    type Response = UpdateDevicesEnableStateResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct UpdateDevicesEnableStateRequest {
    #[serde(rename = "DevicesItems", deserialize_with = "wire::list")]
    pub devices_items: Vec<s::DevicesItem>,
    #[serde(rename = "Status", deserialize_with = "wire::integer")]
    pub status: i64,
}

#[derive(Clone, Default, Serialize)]
pub struct UpdateDevicesEnableStateResponse {
    #[serde(rename = "ResultCode")]
    pub result_code: String,
    #[serde(rename = "ResultMessage")]
    pub result_message: String,
}

#[derive(Clone, Copy, Debug)]
pub struct UpdatePrivateCA;

impl Operation for UpdatePrivateCA {
    const SPEC: &'static OperationSpec = &OPERATIONS[344];
    type Request = UpdatePrivateCARequest;
    type Response = UpdatePrivateCAResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct UpdatePrivateCARequest {
    #[serde(rename = "CertName")]
    pub cert_name: String,
    #[serde(rename = "CertText")]
    pub cert_text: String,
    #[serde(rename = "VerifyCertText")]
    pub verify_cert_text: String,
}

#[derive(Clone, Default, Serialize)]
pub struct UpdatePrivateCAResponse {}

#[derive(Clone, Copy, Debug)]
pub struct UpdateProductPrivateCA;

impl Operation for UpdateProductPrivateCA {
    const SPEC: &'static OperationSpec = &OPERATIONS[345];
    type Request = UpdateProductPrivateCARequest;
    type Response = UpdateProductPrivateCAResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct UpdateProductPrivateCARequest {
    #[serde(rename = "ProductId")]
    pub product_id: String,
    #[serde(rename = "CertName")]
    pub cert_name: String,
}

#[derive(Clone, Default, Serialize)]
pub struct UpdateProductPrivateCAResponse {}

#[derive(Clone, Copy, Debug)]
pub struct UpdateSecretKey;

impl Operation for UpdateSecretKey {
    const SPEC: &'static OperationSpec = &OPERATIONS[346];
    type Request = UpdateSecretKeyRequest;
    type Response = UpdateSecretKeyResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct UpdateSecretKeyRequest {
    #[serde(rename = "SecretId")]
    pub secret_id: String,
    #[serde(rename = "Active")]
    pub active: bool,
}

#[derive(Clone, Default, Serialize)]
pub struct UpdateSecretKeyResponse {}

#[derive(Clone, Copy, Debug)]
pub struct UpdateSubAccount;

impl Operation for UpdateSubAccount {
    const SPEC: &'static OperationSpec = &OPERATIONS[347];
    type Request = UpdateSubAccountRequest;
    type Response = UpdateSubAccountResponse;
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct UpdateSubAccountRequest {
    #[serde(rename = "Uin")]
    pub uin: String,
    #[serde(rename = "Enabled")]
    pub enabled: bool,
}

#[derive(Clone, Default, Serialize)]
pub struct UpdateSubAccountResponse {}
