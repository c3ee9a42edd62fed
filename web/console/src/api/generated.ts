// Written by `cargo xtask generate` from spec/*-api.json: change those, not this.

export interface Operations {
  AddGroupMembers: { request: AddGroupMembersRequest; response: AddGroupMembersResponse };
  AttachPolicies: { request: AttachPoliciesRequest; response: AttachPoliciesResponse };
  BatchPublishMessage: { request: BatchPublishMessageRequest; response: BatchPublishMessageResponse };
  BindDevices: { request: BindDevicesRequest; response: BindDevicesResponse };
  BindProducts: { request: BindProductsRequest; response: BindProductsResponse };
  CallDeviceActionAsync: { request: CallDeviceActionAsyncRequest; response: CallDeviceActionAsyncResponse };
  CallDeviceActionSync: { request: CallDeviceActionSyncRequest; response: CallDeviceActionSyncResponse };
  CallDeviceRRPCSync: { request: CallDeviceRRPCSyncRequest; response: CallDeviceRRPCSyncResponse };
  CancelFileTask: { request: CancelFileTaskRequest; response: CancelFileTaskResponse };
  ControlDeviceData: { request: ControlDeviceDataRequest; response: ControlDeviceDataResponse };
  CreateDevice: { request: CreateDeviceRequest; response: CreateDeviceResponse };
  CreateFenceBind: { request: CreateFenceBindRequest; response: CreateFenceBindResponse };
  CreateFile: { request: CreateFileRequest; response: CreateFileResponse };
  CreateGroup: { request: CreateGroupRequest; response: CreateGroupResponse };
  CreateMainAccount: { request: CreateMainAccountRequest; response: CreateMainAccountResponse };
  CreatePositionFence: { request: CreatePositionFenceRequest; response: CreatePositionFenceResponse };
  CreatePositionSpace: { request: CreatePositionSpaceRequest; response: CreatePositionSpaceResponse };
  CreatePrivateCA: { request: CreatePrivateCARequest; response: CreatePrivateCAResponse };
  CreateProject: { request: CreateProjectRequest; response: CreateProjectResponse };
  CreateSecretKey: { request: CreateSecretKeyRequest; response: CreateSecretKeyResponse };
  CreateStudioProduct: { request: CreateStudioProductRequest; response: CreateStudioProductResponse };
  CreateSubAccount: { request: CreateSubAccountRequest; response: CreateSubAccountResponse };
  CreateTopicPolicy: { request: CreateTopicPolicyRequest; response: CreateTopicPolicyResponse };
  DeleteDevice: { request: DeleteDeviceRequest; response: DeleteDeviceResponse };
  DeleteDeviceFile: { request: DeleteDeviceFileRequest; response: DeleteDeviceFileResponse };
  DeleteDeviceShadow: { request: DeleteDeviceShadowRequest; response: DeleteDeviceShadowResponse };
  DeleteDevices: { request: DeleteDevicesRequest; response: DeleteDevicesResponse };
  DeleteFenceBind: { request: DeleteFenceBindRequest; response: DeleteFenceBindResponse };
  DeleteFile: { request: DeleteFileRequest; response: DeleteFileResponse };
  DeleteGroup: { request: DeleteGroupRequest; response: DeleteGroupResponse };
  DeletePolicy: { request: DeletePolicyRequest; response: DeletePolicyResponse };
  DeletePositionFence: { request: DeletePositionFenceRequest; response: DeletePositionFenceResponse };
  DeletePositionSpace: { request: DeletePositionSpaceRequest; response: DeletePositionSpaceResponse };
  DeletePrivateCA: { request: DeletePrivateCARequest; response: DeletePrivateCAResponse };
  DeleteProductPrivateCA: { request: DeleteProductPrivateCARequest; response: DeleteProductPrivateCAResponse };
  DeleteProductScript: { request: DeleteProductScriptRequest; response: DeleteProductScriptResponse };
  DeleteProject: { request: DeleteProjectRequest; response: DeleteProjectResponse };
  DeleteSecretKey: { request: DeleteSecretKeyRequest; response: DeleteSecretKeyResponse };
  DeleteStudioProduct: { request: DeleteStudioProductRequest; response: DeleteStudioProductResponse };
  DeleteSubAccount: { request: DeleteSubAccountRequest; response: DeleteSubAccountResponse };
  DeleteTopicPolicy: { request: DeleteTopicPolicyRequest; response: DeleteTopicPolicyResponse };
  DescribeAccess: { request: DescribeAccessRequest; response: DescribeAccessResponse };
  DescribeAccessPoints: { request: DescribeAccessPointsRequest; response: DescribeAccessPointsResponse };
  DescribeActivity: { request: DescribeActivityRequest; response: DescribeActivityResponse };
  DescribeBackendDiagnosis: { request: DescribeBackendDiagnosisRequest; response: DescribeBackendDiagnosisResponse };
  DescribeBindedProducts: { request: DescribeBindedProductsRequest; response: DescribeBindedProductsResponse };
  DescribeCaller: { request: DescribeCallerRequest; response: DescribeCallerResponse };
  DescribeConfiguration: { request: DescribeConfigurationRequest; response: DescribeConfigurationResponse };
  DescribeDevice: { request: DescribeDeviceRequest; response: DescribeDeviceResponse };
  DescribeDeviceBindGateway: { request: DescribeDeviceBindGatewayRequest; response: DescribeDeviceBindGatewayResponse };
  DescribeDeviceCredentials: { request: DescribeDeviceCredentialsRequest; response: DescribeDeviceCredentialsResponse };
  DescribeDeviceData: { request: DescribeDeviceDataRequest; response: DescribeDeviceDataResponse };
  DescribeDeviceDataHistory: { request: DescribeDeviceDataHistoryRequest; response: DescribeDeviceDataHistoryResponse };
  DescribeDeviceDataSummary: { request: DescribeDeviceDataSummaryRequest; response: DescribeDeviceDataSummaryResponse };
  DescribeDeviceDiagnosis: { request: DescribeDeviceDiagnosisRequest; response: DescribeDeviceDiagnosisResponse };
  DescribeDeviceFiles: { request: DescribeDeviceFilesRequest; response: DescribeDeviceFilesResponse };
  DescribeDevicePositionList: { request: DescribeDevicePositionListRequest; response: DescribeDevicePositionListResponse };
  DescribeDeviceShadow: { request: DescribeDeviceShadowRequest; response: DescribeDeviceShadowResponse };
  DescribeFenceBindList: { request: DescribeFenceBindListRequest; response: DescribeFenceBindListResponse };
  DescribeFenceEventList: { request: DescribeFenceEventListRequest; response: DescribeFenceEventListResponse };
  DescribeFile: { request: DescribeFileRequest; response: DescribeFileResponse };
  DescribeGatewayBindDevices: { request: DescribeGatewayBindDevicesRequest; response: DescribeGatewayBindDevicesResponse };
  DescribeGatewaySubDeviceList: { request: DescribeGatewaySubDeviceListRequest; response: DescribeGatewaySubDeviceListResponse };
  DescribeGatewaySubProducts: { request: DescribeGatewaySubProductsRequest; response: DescribeGatewaySubProductsResponse };
  DescribeLimits: { request: DescribeLimitsRequest; response: DescribeLimitsResponse };
  DescribeLogLevel: { request: DescribeLogLevelRequest; response: DescribeLogLevelResponse };
  DescribeMessageVerdict: { request: DescribeMessageVerdictRequest; response: DescribeMessageVerdictResponse };
  DescribeModelConsequences: { request: DescribeModelConsequencesRequest; response: DescribeModelConsequencesResponse };
  DescribeModelDefinition: { request: DescribeModelDefinitionRequest; response: DescribeModelDefinitionResponse };
  DescribePositionFenceList: { request: DescribePositionFenceListRequest; response: DescribePositionFenceListResponse };
  DescribePrivateCA: { request: DescribePrivateCARequest; response: DescribePrivateCAResponse };
  DescribePrivateCABindedProducts: { request: DescribePrivateCABindedProductsRequest; response: DescribePrivateCABindedProductsResponse };
  DescribePrivateCAs: { request: DescribePrivateCAsRequest; response: DescribePrivateCAsResponse };
  DescribeProductCA: { request: DescribeProductCARequest; response: DescribeProductCAResponse };
  DescribeProductDynamicRegister: { request: DescribeProductDynamicRegisterRequest; response: DescribeProductDynamicRegisterResponse };
  DescribeProductScript: { request: DescribeProductScriptRequest; response: DescribeProductScriptResponse };
  DescribeProductStorage: { request: DescribeProductStorageRequest; response: DescribeProductStorageResponse };
  DescribeProject: { request: DescribeProjectRequest; response: DescribeProjectResponse };
  DescribeRemoteConfig: { request: DescribeRemoteConfigRequest; response: DescribeRemoteConfigResponse };
  DescribeReportedInfo: { request: DescribeReportedInfoRequest; response: DescribeReportedInfoResponse };
  DescribeSpaceFenceEventList: { request: DescribeSpaceFenceEventListRequest; response: DescribeSpaceFenceEventListResponse };
  DescribeStudioProduct: { request: DescribeStudioProductRequest; response: DescribeStudioProductResponse };
  DescribeSubscribedTopicPolicy: { request: DescribeSubscribedTopicPolicyRequest; response: DescribeSubscribedTopicPolicyResponse };
  DescribeTopicPolicy: { request: DescribeTopicPolicyRequest; response: DescribeTopicPolicyResponse };
  DescribeUnbindedDevices: { request: DescribeUnbindedDevicesRequest; response: DescribeUnbindedDevicesResponse };
  DetachPolicies: { request: DetachPoliciesRequest; response: DetachPoliciesResponse };
  DisableRemoteConfig: { request: DisableRemoteConfigRequest; response: DisableRemoteConfigResponse };
  EnableRemoteConfig: { request: EnableRemoteConfigRequest; response: EnableRemoteConfigResponse };
  GetDeviceList: { request: GetDeviceListRequest; response: GetDeviceListResponse };
  GetDeviceLocationHistory: { request: GetDeviceLocationHistoryRequest; response: GetDeviceLocationHistoryResponse };
  GetDeviceSumStatistics: { request: GetDeviceSumStatisticsRequest; response: GetDeviceSumStatisticsResponse };
  GetGatewaySubDeviceList: { request: GetGatewaySubDeviceListRequest; response: GetGatewaySubDeviceListResponse };
  GetPositionSpaceList: { request: GetPositionSpaceListRequest; response: GetPositionSpaceListResponse };
  GetProjectList: { request: GetProjectListRequest; response: GetProjectListResponse };
  GetStudioProductList: { request: GetStudioProductListRequest; response: GetStudioProductListResponse };
  ListAccountLog: { request: ListAccountLogRequest; response: ListAccountLogResponse };
  ListActionHistory: { request: ListActionHistoryRequest; response: ListActionHistoryResponse };
  ListAuditLog: { request: ListAuditLogRequest; response: ListAuditLogResponse };
  ListDeviceLog: { request: ListDeviceLogRequest; response: ListDeviceLogResponse };
  ListDeviceSecrets: { request: ListDeviceSecretsRequest; response: ListDeviceSecretsResponse };
  ListDevices: { request: ListDevicesRequest; response: ListDevicesResponse };
  ListEventHistory: { request: ListEventHistoryRequest; response: ListEventHistoryResponse };
  ListFileTasks: { request: ListFileTasksRequest; response: ListFileTasksResponse };
  ListFiles: { request: ListFilesRequest; response: ListFilesResponse };
  ListGroups: { request: ListGroupsRequest; response: ListGroupsResponse };
  ListJudgedMessages: { request: ListJudgedMessagesRequest; response: ListJudgedMessagesResponse };
  ListKnownProblems: { request: ListKnownProblemsRequest; response: ListKnownProblemsResponse };
  ListLog: { request: ListLogRequest; response: ListLogResponse };
  ListLogPayload: { request: ListLogPayloadRequest; response: ListLogPayloadResponse };
  ListMainAccounts: { request: ListMainAccountsRequest; response: ListMainAccountsResponse };
  ListMessages: { request: ListMessagesRequest; response: ListMessagesResponse };
  ListPolicies: { request: ListPoliciesRequest; response: ListPoliciesResponse };
  ListRefusedStrangers: { request: ListRefusedStrangersRequest; response: ListRefusedStrangersResponse };
  ListRemoteConfigs: { request: ListRemoteConfigsRequest; response: ListRemoteConfigsResponse };
  ListSDKLog: { request: ListSDKLogRequest; response: ListSDKLogResponse };
  ListSecretKeys: { request: ListSecretKeysRequest; response: ListSecretKeysResponse };
  ListSimulations: { request: ListSimulationsRequest; response: ListSimulationsResponse };
  ListSubAccounts: { request: ListSubAccountsRequest; response: ListSubAccountsResponse };
  ListSubDevices: { request: ListSubDevicesRequest; response: ListSubDevicesResponse };
  ListTags: { request: ListTagsRequest; response: ListTagsResponse };
  ListTopicPolicy: { request: ListTopicPolicyRequest; response: ListTopicPolicyResponse };
  ModifyFenceBind: { request: ModifyFenceBindRequest; response: ModifyFenceBindResponse };
  ModifyModelDefinition: { request: ModifyModelDefinitionRequest; response: ModifyModelDefinitionResponse };
  ModifyPositionFence: { request: ModifyPositionFenceRequest; response: ModifyPositionFenceResponse };
  ModifyPositionSpace: { request: ModifyPositionSpaceRequest; response: ModifyPositionSpaceResponse };
  ModifyProductDynamicRegister: { request: ModifyProductDynamicRegisterRequest; response: ModifyProductDynamicRegisterResponse };
  ModifyProject: { request: ModifyProjectRequest; response: ModifyProjectResponse };
  ModifySpaceProperty: { request: ModifySpacePropertyRequest; response: ModifySpacePropertyResponse };
  ModifyStudioProduct: { request: ModifyStudioProductRequest; response: ModifyStudioProductResponse };
  ModifyTopicPolicy: { request: ModifyTopicPolicyRequest; response: ModifyTopicPolicyResponse };
  NotifyDeviceBinding: { request: NotifyDeviceBindingRequest; response: NotifyDeviceBindingResponse };
  PublishBroadcastMessage: { request: PublishBroadcastMessageRequest; response: PublishBroadcastMessageResponse };
  PublishMessage: { request: PublishMessageRequest; response: PublishMessageResponse };
  PublishRRPCMessage: { request: PublishRRPCMessageRequest; response: PublishRRPCMessageResponse };
  PushFile: { request: PushFileRequest; response: PushFileResponse };
  PushRemoteConfig: { request: PushRemoteConfigRequest; response: PushRemoteConfigResponse };
  ReleaseStudioProduct: { request: ReleaseStudioProductRequest; response: ReleaseStudioProductResponse };
  RemoveGroupMembers: { request: RemoveGroupMembersRequest; response: RemoveGroupMembersResponse };
  RenewDeviceCertificate: { request: RenewDeviceCertificateRequest; response: RenewDeviceCertificateResponse };
  RunProductScript: { request: RunProductScriptRequest; response: RunProductScriptResponse };
  SavePolicy: { request: SavePolicyRequest; response: SavePolicyResponse };
  SaveProductScript: { request: SaveProductScriptRequest; response: SaveProductScriptResponse };
  SearchPositionSpace: { request: SearchPositionSpaceRequest; response: SearchPositionSpaceResponse };
  SearchStudioProduct: { request: SearchStudioProductRequest; response: SearchStudioProductResponse };
  SetLogLevel: { request: SetLogLevelRequest; response: SetLogLevelResponse };
  SetPassword: { request: SetPasswordRequest; response: SetPasswordResponse };
  SetProductStorage: { request: SetProductStorageRequest; response: SetProductStorageResponse };
  SetRemoteConfig: { request: SetRemoteConfigRequest; response: SetRemoteConfigResponse };
  SetTags: { request: SetTagsRequest; response: SetTagsResponse };
  StartSimulation: { request: StartSimulationRequest; response: StartSimulationResponse };
  StopSimulation: { request: StopSimulationRequest; response: StopSimulationResponse };
  UnbindDevices: { request: UnbindDevicesRequest; response: UnbindDevicesResponse };
  UnbindProducts: { request: UnbindProductsRequest; response: UnbindProductsResponse };
  UpdateDeviceShadow: { request: UpdateDeviceShadowRequest; response: UpdateDeviceShadowResponse };
  UpdateDevicesEnableState: { request: UpdateDevicesEnableStateRequest; response: UpdateDevicesEnableStateResponse };
  UpdatePrivateCA: { request: UpdatePrivateCARequest; response: UpdatePrivateCAResponse };
  UpdateProductPrivateCA: { request: UpdateProductPrivateCARequest; response: UpdateProductPrivateCAResponse };
  UpdateSecretKey: { request: UpdateSecretKeyRequest; response: UpdateSecretKeyResponse };
  UpdateSubAccount: { request: UpdateSubAccountRequest; response: UpdateSubAccountResponse };
}

/** The version of the service an operation belongs to. */
export const versions: Record<keyof Operations, string> = {
  AddGroupMembers: "2026-11-01",
  AttachPolicies: "2026-11-01",
  BatchPublishMessage: "2019-04-23",
  BindDevices: "2019-04-23",
  BindProducts: "2019-04-23",
  CallDeviceActionAsync: "2019-04-23",
  CallDeviceActionSync: "2019-04-23",
  CallDeviceRRPCSync: "2019-04-23",
  CancelFileTask: "2026-11-01",
  ControlDeviceData: "2019-04-23",
  CreateDevice: "2019-04-23",
  CreateFenceBind: "2019-04-23",
  CreateFile: "2026-11-01",
  CreateGroup: "2026-11-01",
  CreateMainAccount: "2026-11-01",
  CreatePositionFence: "2019-04-23",
  CreatePositionSpace: "2019-04-23",
  CreatePrivateCA: "2019-04-23",
  CreateProject: "2019-04-23",
  CreateSecretKey: "2026-11-01",
  CreateStudioProduct: "2019-04-23",
  CreateSubAccount: "2026-11-01",
  CreateTopicPolicy: "2019-04-23",
  DeleteDevice: "2019-04-23",
  DeleteDeviceFile: "2026-11-01",
  DeleteDeviceShadow: "2021-04-08",
  DeleteDevices: "2019-04-23",
  DeleteFenceBind: "2019-04-23",
  DeleteFile: "2026-11-01",
  DeleteGroup: "2026-11-01",
  DeletePolicy: "2026-11-01",
  DeletePositionFence: "2019-04-23",
  DeletePositionSpace: "2019-04-23",
  DeletePrivateCA: "2019-04-23",
  DeleteProductPrivateCA: "2019-04-23",
  DeleteProductScript: "2026-11-01",
  DeleteProject: "2019-04-23",
  DeleteSecretKey: "2026-11-01",
  DeleteStudioProduct: "2019-04-23",
  DeleteSubAccount: "2026-11-01",
  DeleteTopicPolicy: "2019-04-23",
  DescribeAccess: "2026-11-01",
  DescribeAccessPoints: "2026-11-01",
  DescribeActivity: "2026-11-01",
  DescribeBackendDiagnosis: "2026-11-01",
  DescribeBindedProducts: "2019-04-23",
  DescribeCaller: "2026-11-01",
  DescribeConfiguration: "2026-11-01",
  DescribeDevice: "2019-04-23",
  DescribeDeviceBindGateway: "2019-04-23",
  DescribeDeviceCredentials: "2026-11-01",
  DescribeDeviceData: "2019-04-23",
  DescribeDeviceDataHistory: "2019-04-23",
  DescribeDeviceDataSummary: "2026-11-01",
  DescribeDeviceDiagnosis: "2026-11-01",
  DescribeDeviceFiles: "2026-11-01",
  DescribeDevicePositionList: "2019-04-23",
  DescribeDeviceShadow: "2021-04-08",
  DescribeFenceBindList: "2019-04-23",
  DescribeFenceEventList: "2019-04-23",
  DescribeFile: "2026-11-01",
  DescribeGatewayBindDevices: "2019-04-23",
  DescribeGatewaySubDeviceList: "2019-04-23",
  DescribeGatewaySubProducts: "2019-04-23",
  DescribeLimits: "2026-11-01",
  DescribeLogLevel: "2026-11-01",
  DescribeMessageVerdict: "2026-11-01",
  DescribeModelConsequences: "2026-11-01",
  DescribeModelDefinition: "2019-04-23",
  DescribePositionFenceList: "2019-04-23",
  DescribePrivateCA: "2019-04-23",
  DescribePrivateCABindedProducts: "2019-04-23",
  DescribePrivateCAs: "2019-04-23",
  DescribeProductCA: "2019-04-23",
  DescribeProductDynamicRegister: "2019-04-23",
  DescribeProductScript: "2026-11-01",
  DescribeProductStorage: "2026-11-01",
  DescribeProject: "2019-04-23",
  DescribeRemoteConfig: "2026-11-01",
  DescribeReportedInfo: "2026-11-01",
  DescribeSpaceFenceEventList: "2019-04-23",
  DescribeStudioProduct: "2019-04-23",
  DescribeSubscribedTopicPolicy: "2019-04-23",
  DescribeTopicPolicy: "2019-04-23",
  DescribeUnbindedDevices: "2019-04-23",
  DetachPolicies: "2026-11-01",
  DisableRemoteConfig: "2026-11-01",
  EnableRemoteConfig: "2026-11-01",
  GetDeviceList: "2019-04-23",
  GetDeviceLocationHistory: "2019-04-23",
  GetDeviceSumStatistics: "2019-04-23",
  GetGatewaySubDeviceList: "2019-04-23",
  GetPositionSpaceList: "2019-04-23",
  GetProjectList: "2019-04-23",
  GetStudioProductList: "2019-04-23",
  ListAccountLog: "2026-11-01",
  ListActionHistory: "2026-11-01",
  ListAuditLog: "2026-11-01",
  ListDeviceLog: "2026-11-01",
  ListDeviceSecrets: "2026-11-01",
  ListDevices: "2026-11-01",
  ListEventHistory: "2019-04-23",
  ListFileTasks: "2026-11-01",
  ListFiles: "2026-11-01",
  ListGroups: "2026-11-01",
  ListJudgedMessages: "2026-11-01",
  ListKnownProblems: "2026-11-01",
  ListLog: "2021-04-08",
  ListLogPayload: "2021-04-08",
  ListMainAccounts: "2026-11-01",
  ListMessages: "2026-11-01",
  ListPolicies: "2026-11-01",
  ListRefusedStrangers: "2026-11-01",
  ListRemoteConfigs: "2026-11-01",
  ListSDKLog: "2021-04-08",
  ListSecretKeys: "2026-11-01",
  ListSimulations: "2026-11-01",
  ListSubAccounts: "2026-11-01",
  ListSubDevices: "2026-11-01",
  ListTags: "2026-11-01",
  ListTopicPolicy: "2019-04-23",
  ModifyFenceBind: "2019-04-23",
  ModifyModelDefinition: "2019-04-23",
  ModifyPositionFence: "2019-04-23",
  ModifyPositionSpace: "2019-04-23",
  ModifyProductDynamicRegister: "2019-04-23",
  ModifyProject: "2019-04-23",
  ModifySpaceProperty: "2019-04-23",
  ModifyStudioProduct: "2019-04-23",
  ModifyTopicPolicy: "2019-04-23",
  NotifyDeviceBinding: "2026-11-01",
  PublishBroadcastMessage: "2019-04-23",
  PublishMessage: "2019-04-23",
  PublishRRPCMessage: "2019-04-23",
  PushFile: "2026-11-01",
  PushRemoteConfig: "2026-11-01",
  ReleaseStudioProduct: "2019-04-23",
  RemoveGroupMembers: "2026-11-01",
  RenewDeviceCertificate: "2026-11-01",
  RunProductScript: "2026-11-01",
  SavePolicy: "2026-11-01",
  SaveProductScript: "2026-11-01",
  SearchPositionSpace: "2019-04-23",
  SearchStudioProduct: "2019-04-23",
  SetLogLevel: "2026-11-01",
  SetPassword: "2026-11-01",
  SetProductStorage: "2026-11-01",
  SetRemoteConfig: "2026-11-01",
  SetTags: "2026-11-01",
  StartSimulation: "2026-11-01",
  StopSimulation: "2026-11-01",
  UnbindDevices: "2019-04-23",
  UnbindProducts: "2019-04-23",
  UpdateDeviceShadow: "2021-04-08",
  UpdateDevicesEnableState: "2019-04-23",
  UpdatePrivateCA: "2019-04-23",
  UpdateProductPrivateCA: "2019-04-23",
  UpdateSecretKey: "2026-11-01",
  UpdateSubAccount: "2026-11-01",
};

export interface AddGroupMembersRequest {
  Name: string;
  Uins: string[];
}

export type AddGroupMembersResponse = Record<string, never>;

export interface AttachPoliciesRequest {
  Uin?: string;
  GroupName?: string;
  Policies: string[];
}

export type AttachPoliciesResponse = Record<string, never>;

export interface BatchPublishMessageRequest {
  ProductId: string;
  DeviceNames: string[];
  Topic: string;
  Payload: string;
  Qos?: number;
  PayloadEncoding?: string;
}

export interface BatchPublishMessageResponse {
  Total: number;
  SuccessCount: number;
  Failures: DeviceResult[];
}

export interface BindDevicesRequest {
  GatewayProductId: string;
  GatewayDeviceName: string;
  ProductId: string;
  DeviceNames: string[];
}

export type BindDevicesResponse = Record<string, never>;

export interface BindProductsRequest {
  GatewayProductId: string;
  ProductIds: string[];
}

export type BindProductsResponse = Record<string, never>;

export interface CallDeviceActionAsyncRequest {
  ProductId: string;
  DeviceName: string;
  ActionId: string;
  InputParams?: string;
}

export interface CallDeviceActionAsyncResponse {
  ClientToken: string;
  Status: string;
}

export interface CallDeviceActionSyncRequest {
  ProductId: string;
  DeviceName: string;
  ActionId: string;
  InputParams?: string;
}

export interface CallDeviceActionSyncResponse {
  ClientToken: string;
  OutputParams: string;
  Status: string;
}

export interface CallDeviceRRPCSyncRequest {
  ProductId: string;
  DeviceName: string;
  Payload?: string;
  Encoding?: string;
  Topic?: string;
  ReplyTopic?: string;
}

export interface CallDeviceRRPCSyncResponse {
  ClientToken: string;
  Status: string;
  MessageId: number;
  PayloadBase64: string;
  ReplyTopic: string;
}

export interface CancelFileTaskRequest {
  ProductId: string;
  DeviceName: string;
  TaskId: number;
}

export interface CancelFileTaskResponse {
  Task?: FileTaskItem;
}

export interface ControlDeviceDataRequest {
  ProductId: string;
  DeviceName: string;
  Data: string;
  Method?: string;
  DeviceId?: string;
  DataTimestamp?: number;
}

export interface ControlDeviceDataResponse {
  Data: string;
  Result: string;
}

export interface CreateDeviceRequest {
  ProductId: string;
  DeviceName: string;
  DevAddr?: string;
  AppKey?: string;
  DevEUI?: string;
  AppSKey?: string;
  NwkSKey?: string;
  DefinedPsk?: string;
  TlsCrt?: string;
}

export interface CreateDeviceResponse {
  Data?: DeviceData;
}

export interface CreateFenceBindRequest {
  FenceId: number;
  Items: FenceBindProductItem[];
}

export type CreateFenceBindResponse = Record<string, never>;

export interface CreateFileRequest {
  ProductId: string;
  FileName: string;
  FileSize: number;
  Md5: string;
}

export interface CreateFileResponse {
  FileId: number;
  UploadUrl: string;
  ExpireTime: number;
}

export interface CreateGroupRequest {
  Name: string;
  Remark?: string;
  Policies?: string[];
}

export type CreateGroupResponse = Record<string, never>;

export interface CreateMainAccountRequest {
  Name: string;
}

export interface CreateMainAccountResponse {
  MainAccount?: MainAccountItem;
  SecretId: string;
  SecretKey: string;
}

export interface CreatePositionFenceRequest {
  SpaceId: string;
  FenceName: string;
  FenceArea: string;
  FenceDesc?: string;
}

export type CreatePositionFenceResponse = Record<string, never>;

export interface CreatePositionSpaceRequest {
  ProjectId: string;
  SpaceName: string;
  AuthorizeType: number;
  ProductIdList: string[];
  Description?: string;
  Icon?: string;
}

export interface CreatePositionSpaceResponse {
  SpaceId: string;
}

export interface CreatePrivateCARequest {
  CertName: string;
  CertText: string;
  VerifyCertText: string;
}

export type CreatePrivateCAResponse = Record<string, never>;

export interface CreateProjectRequest {
  ProjectName: string;
  ProjectDesc: string;
  InstanceId?: string;
}

export interface CreateProjectResponse {
  Project?: ProjectEntry;
}

export interface CreateSecretKeyRequest {
  Uin?: string;
}

export interface CreateSecretKeyResponse {
  SecretId: string;
  SecretKey: string;
}

export interface CreateStudioProductRequest {
  ProductName: string;
  CategoryId: number;
  ProductType: number;
  EncryptionType: string;
  NetType: string;
  DataProtocol: number;
  ProductDesc: string;
  ProjectId: string;
  Rate?: string;
  Period?: string;
  PrivateCAName?: string;
}

export interface CreateStudioProductResponse {
  Product?: ProductEntry;
}

export interface CreateSubAccountRequest {
  Name: string;
  Policies?: string[];
}

export interface CreateSubAccountResponse {
  SubAccount?: SubAccount;
}

export interface CreateTopicPolicyRequest {
  ProductId: string;
  TopicName: string;
  Privilege: number;
}

export type CreateTopicPolicyResponse = Record<string, never>;

export interface DeleteDeviceRequest {
  ProductId: string;
  DeviceName: string;
  ForceDelete?: boolean;
}

export interface DeleteDeviceResponse {
  ResultCode: string;
  ResultMessage: string;
}

export interface DeleteDeviceFileRequest {
  ProductId: string;
  DeviceName: string;
  ResourceName: string;
  Version: string;
  ResourceType: string;
}

export interface DeleteDeviceFileResponse {
  TaskId: number;
  Told: string;
}

export interface DeleteDeviceShadowRequest {
  ProductId: string;
  DeviceName: string;
}

export type DeleteDeviceShadowResponse = Record<string, never>;

export interface DeleteDevicesRequest {
  DevicesItems: DevicesItem[];
}

export interface DeleteDevicesResponse {
  ResultCode: string;
  ResultMessage: string;
}

export interface DeleteFenceBindRequest {
  FenceId: number;
  Items: FenceBindProductItem[];
}

export type DeleteFenceBindResponse = Record<string, never>;

export interface DeleteFileRequest {
  ProductId: string;
  FileId: number;
}

export type DeleteFileResponse = Record<string, never>;

export interface DeleteGroupRequest {
  Name: string;
}

export type DeleteGroupResponse = Record<string, never>;

export interface DeletePolicyRequest {
  Name: string;
}

export type DeletePolicyResponse = Record<string, never>;

export interface DeletePositionFenceRequest {
  SpaceId: string;
  FenceId: number;
}

export type DeletePositionFenceResponse = Record<string, never>;

export interface DeletePositionSpaceRequest {
  SpaceId: string;
}

export type DeletePositionSpaceResponse = Record<string, never>;

export interface DeletePrivateCARequest {
  CertName: string;
}

export type DeletePrivateCAResponse = Record<string, never>;

export interface DeleteProductPrivateCARequest {
  ProductId: string;
}

export type DeleteProductPrivateCAResponse = Record<string, never>;

export interface DeleteProductScriptRequest {
  ProductId: string;
}

export interface DeleteProductScriptResponse {
  Version: number;
}

export interface DeleteProjectRequest {
  ProjectId: string;
}

export type DeleteProjectResponse = Record<string, never>;

export interface DeleteSecretKeyRequest {
  SecretId: string;
}

export type DeleteSecretKeyResponse = Record<string, never>;

export interface DeleteStudioProductRequest {
  ProductId: string;
}

export type DeleteStudioProductResponse = Record<string, never>;

export interface DeleteSubAccountRequest {
  Uin: string;
}

export type DeleteSubAccountResponse = Record<string, never>;

export interface DeleteTopicPolicyRequest {
  ProductId: string;
  TopicName: string;
}

export type DeleteTopicPolicyResponse = Record<string, never>;

export interface DescribeAccessRequest {
  Operation: string;
  Uin?: string;
  ProjectId?: string;
  ProductId?: string;
  DeviceName?: string;
}

export interface DescribeAccessResponse {
  Allowed: boolean;
  Action: string;
  Resource: string;
  Reason: string;
  NeededDocument: string;
  NeededPresets: string[];
}

export interface DescribeAccessPointsRequest {
  ProductId: string;
}

export interface DescribeAccessPointsResponse {
  AccessPoints: AccessPointItem[];
}

export type DescribeActivityRequest = Record<string, never>;

export interface DescribeActivityResponse {
  Started: number;
  Online: number;
  Connections: number;
  Backends: number;
  LogBytes: number;
  FreeBytes: number;
  SizeBytes: number;
  Behind: number;
  Minutes: ActivityMinute[];
  Failures: FailureCount[];
}

export interface DescribeBackendDiagnosisRequest {
  ClientId: string;
}

export interface DescribeBackendDiagnosisResponse {
  CheckedTime: number;
  Problems: Problem[];
}

export interface DescribeBindedProductsRequest {
  GatewayProductId: string;
  Offset: number;
  Limit: number;
  ProductSource?: number;
}

export interface DescribeBindedProductsResponse {
  Products: BindProductInfo[];
  Total: number;
}

export type DescribeCallerRequest = Record<string, never>;

export interface DescribeCallerResponse {
  Uin: string;
  OwnerUin: string;
  Name: string;
  MainAccount: boolean;
  PlatformAdministrator: boolean;
  Policies: string[];
  Groups: string[];
  InstanceId: string;
}

export type DescribeConfigurationRequest = Record<string, never>;

export interface DescribeConfigurationResponse {
  Settings: SettingItem[];
}

export interface DescribeDeviceRequest {
  ProductId: string;
  DeviceName: string;
  DeviceId?: string;
}

export interface DescribeDeviceResponse {
  Device?: DeviceInfo;
}

export interface DescribeDeviceBindGatewayRequest {
  ProductId: string;
  DeviceName: string;
}

export interface DescribeDeviceBindGatewayResponse {
  GatewayProductId: string;
  GatewayDeviceName: string;
  GatewayName: string;
  GatewayProductOwnerName: string;
  GatewayProductOwnerUin: string;
}

export interface DescribeDeviceCredentialsRequest {
  ProductId: string;
  DeviceName: string;
  Method?: string;
  ValidSeconds?: number;
}

export interface DescribeDeviceCredentialsResponse {
  ClientId: string;
  UserName: string;
  Password: string;
  ExpireTime: number;
}

export interface DescribeDeviceDataRequest {
  ProductId: string;
  DeviceName: string;
  DeviceId?: string;
}

export interface DescribeDeviceDataResponse {
  Data: string;
}

export interface DescribeDeviceDataHistoryRequest {
  MinTime: number;
  MaxTime: number;
  ProductId: string;
  DeviceName: string;
  FieldName: string;
  Limit?: number;
  Context?: string;
}

export interface DescribeDeviceDataHistoryResponse {
  FieldName: string;
  Listover: boolean;
  Context: string;
  Results: DeviceDataHistoryItem[];
}

export interface DescribeDeviceDataSummaryRequest {
  ProductId: string;
  DeviceName: string;
  FieldName: string;
  MinTime: number;
  MaxTime: number;
  Step: number;
  Context?: string;
}

export interface DescribeDeviceDataSummaryResponse {
  Steps: DataStep[];
  Context: string;
  Listover: boolean;
}

export interface DescribeDeviceDiagnosisRequest {
  ProductId: string;
  DeviceName: string;
}

export interface DescribeDeviceDiagnosisResponse {
  CheckedTime: number;
  Problems: Problem[];
}

export interface DescribeDeviceFilesRequest {
  ProductId: string;
  DeviceName: string;
}

export interface DescribeDeviceFilesResponse {
  Resources: DeviceFileItem[];
  InnerScenes: string;
}

export interface DescribeDevicePositionListRequest {
  ProductIdList: string[];
  CoordinateType?: number;
  Offset?: number;
  Limit?: number;
}

export interface DescribeDevicePositionListResponse {
  Positions: ProductDevicesPositionItem[];
  Total: number;
}

export interface DescribeDeviceShadowRequest {
  ProductId: string;
  DeviceName: string;
}

export interface DescribeDeviceShadowResponse {
  Data: string;
}

export interface DescribeFenceBindListRequest {
  FenceId: number;
  Offset?: number;
  Limit?: number;
}

export interface DescribeFenceBindListResponse {
  List: FenceBindProductItem[];
  Total: number;
}

export interface DescribeFenceEventListRequest {
  StartTime: number;
  EndTime: number;
  FenceId?: number;
  Offset?: number;
  Limit?: number;
  ProductId?: string;
  DeviceName?: string;
}

export interface DescribeFenceEventListResponse {
  List: FenceEventItem[];
  Total: number;
}

export interface DescribeFileRequest {
  ProductId: string;
  FileId: number;
}

export interface DescribeFileResponse {
  File?: FileItem;
  DownloadUrl: string;
  ExpireTime: number;
}

export interface DescribeGatewayBindDevicesRequest {
  GatewayProductId: string;
  GatewayDeviceName: string;
  ProductId: string;
  Offset: number;
  Limit: number;
}

export interface DescribeGatewayBindDevicesResponse {
  Devices: BindDeviceInfo[];
  Total: number;
  ProductName: string;
}

export interface DescribeGatewaySubDeviceListRequest {
  GatewayProductId: string;
  GatewayDeviceName: string;
  Offset: number;
  Limit: number;
}

export interface DescribeGatewaySubDeviceListResponse {
  Total: number;
  DeviceList: FamilySubDevice[];
}

export interface DescribeGatewaySubProductsRequest {
  GatewayProductId: string;
  Offset?: number;
  Limit?: number;
  ProjectId?: string;
  ProductSource?: number;
}

export interface DescribeGatewaySubProductsResponse {
  Products: BindProductInfo[];
  Total: number;
}

export type DescribeLimitsRequest = Record<string, never>;

export interface DescribeLimitsResponse {
  Limits: LimitItem[];
}

export interface DescribeLogLevelRequest {
  ProductId: string;
  DeviceName?: string;
}

export interface DescribeLogLevelResponse {
  Level: number;
  OwnLevel: boolean;
  ProductLevel: number;
}

export interface DescribeMessageVerdictRequest {
  ProductId: string;
  Function: string;
  Payload: string;
}

export interface DescribeMessageVerdictResponse {
  Accepted: boolean;
  Code: number;
  Status: string;
  Text: string;
  Offset: number;
  Length: number;
}

export interface DescribeModelConsequencesRequest {
  ProductId: string;
  ModelSchema: string;
}

export interface DescribeModelConsequencesResponse {
  Devices: number;
  DevicesLookedAt: number;
  MessagesLookedAt: number;
  Since: number;
  Consequences: ModelConsequence[];
  More: boolean;
  Uses: PropertyUse[];
}

export interface DescribeModelDefinitionRequest {
  ProductId: string;
}

export interface DescribeModelDefinitionResponse {
  Model?: ProductModelDefinition;
}

export interface DescribePositionFenceListRequest {
  SpaceId: string;
  Offset?: number;
  Limit?: number;
}

export interface DescribePositionFenceListResponse {
  List: PositionFenceInfo[];
  Total: number;
}

export interface DescribePrivateCARequest {
  CertName: string;
}

export interface DescribePrivateCAResponse {
  CA?: CertInfo;
}

export interface DescribePrivateCABindedProductsRequest {
  CertName: string;
  Offset: number;
  Limit: number;
}

export interface DescribePrivateCABindedProductsResponse {
  Products: PrivateCABindProductInfo[];
}

export type DescribePrivateCAsRequest = Record<string, never>;

export interface DescribePrivateCAsResponse {
  CAs: CertInfo[];
}

export interface DescribeProductCARequest {
  ProductId: string;
}

export interface DescribeProductCAResponse {
  CAs: CertInfo[];
}

export interface DescribeProductDynamicRegisterRequest {
  ProductId: string;
}

export interface DescribeProductDynamicRegisterResponse {
  RegisterType: number;
  ProductSecret: string;
  RegisterLimit: number;
}

export interface DescribeProductScriptRequest {
  ProductId: string;
  Version?: number;
}

export interface DescribeProductScriptResponse {
  Script: string;
  Version: number;
  UpdateTime: number;
  Uin: string;
  EnableProductScript: string;
  Versions: ScriptVersionItem[];
}

export interface DescribeProductStorageRequest {
  ProductId: string;
}

export interface DescribeProductStorageResponse {
  RetentionDays: number;
  OwnRetention: boolean;
  RetentionDaysMax: number;
  Durability: string;
}

export interface DescribeProjectRequest {
  ProjectId: string;
}

export interface DescribeProjectResponse {
  Project?: ProjectEntryEx;
}

export interface DescribeRemoteConfigRequest {
  ProductId: string;
  Version?: number;
}

export interface DescribeRemoteConfigResponse {
  Enabled: boolean;
  Version: number;
  Bytes: number;
  CreateTime: number;
  Config: string;
}

export interface DescribeReportedInfoRequest {
  ProductId: string;
  DeviceName: string;
}

export interface DescribeReportedInfoResponse {
  Info: string;
  FirmwareVersion: string;
}

export interface DescribeSpaceFenceEventListRequest {
  SpaceId: string;
  StartTime: number;
  EndTime: number;
  Offset?: number;
  Limit?: number;
}

export interface DescribeSpaceFenceEventListResponse {
  List?: FenceEventItem[];
  Total: number;
}

export interface DescribeStudioProductRequest {
  ProductId: string;
}

export interface DescribeStudioProductResponse {
  Product?: ProductEntry;
}

export interface DescribeSubscribedTopicPolicyRequest {
  ProductId: string;
  DeviceName: string;
}

export interface DescribeSubscribedTopicPolicyResponse {
  Topics: SubscribedTopicItem[];
}

export interface DescribeTopicPolicyRequest {
  ProductId: string;
  TopicName: string;
}

export interface DescribeTopicPolicyResponse {
  ProductId: string;
  TopicName: string;
  Privilege: number;
}

export interface DescribeUnbindedDevicesRequest {
  ProductId: string;
  Offset: number;
  Limit: number;
}

export interface DescribeUnbindedDevicesResponse {
  UnbindedDevices: BindDeviceInfo[];
  Total: number;
}

export interface DetachPoliciesRequest {
  Uin?: string;
  GroupName?: string;
  Policies: string[];
}

export type DetachPoliciesResponse = Record<string, never>;

export interface DisableRemoteConfigRequest {
  ProductId: string;
}

export interface DisableRemoteConfigResponse {
  Enabled: boolean;
}

export interface EnableRemoteConfigRequest {
  ProductId: string;
}

export interface EnableRemoteConfigResponse {
  Enabled: boolean;
}

export interface GetDeviceListRequest {
  ProductId: string;
  Offset?: number;
  Limit?: number;
  FirmwareVersion?: string;
  FwType?: string;
  DeviceName?: string;
  ProjectId?: string;
  Filters?: Filter[];
}

export interface GetDeviceListResponse {
  Devices: DeviceInfo[];
  Total: number;
}

export interface GetDeviceLocationHistoryRequest {
  ProductId: string;
  DeviceName: string;
  StartTime: number;
  EndTime: number;
  CoordinateType?: number;
}

export interface GetDeviceLocationHistoryResponse {
  Positions: PositionItem[];
}

export interface GetDeviceSumStatisticsRequest {
  ProjectId: string;
  ProductIds?: string[];
}

export interface GetDeviceSumStatisticsResponse {
  ActivationCount: number;
  OnlineCount: number;
  ActivationBeforeDay: number;
  ActiveBeforeDay: number;
  ActivationWeekDayCount: number;
  ActiveWeekDayCount: number;
  ActivationBeforeWeekDayCount: number;
  ActiveBeforeWeekDayCount: number;
}

export interface GetGatewaySubDeviceListRequest {
  GatewayProductId: string;
  GatewayDeviceName: string;
  Offset: number;
  Limit: number;
}

export interface GetGatewaySubDeviceListResponse {
  Total: number;
  DeviceList?: FamilySubDevice;
}

export interface GetPositionSpaceListRequest {
  ProjectId: string;
  Offset: number;
  Limit: number;
}

export interface GetPositionSpaceListResponse {
  List: PositionSpaceInfo[];
  Total: number;
}

export interface GetProjectListRequest {
  Offset?: number;
  Limit?: number;
  InstanceId?: string;
  ProjectId?: string;
  ProductId?: string;
  Includes?: string[];
  ProjectName?: string;
}

export interface GetProjectListResponse {
  Projects: ProjectEntryEx[];
  Total: number;
}

export interface GetStudioProductListRequest {
  ProjectId?: string;
  DevStatus?: string;
  Offset?: number;
  Limit?: number;
}

export interface GetStudioProductListResponse {
  Products: ProductEntry[];
  Total: number;
}

export interface ListAccountLogRequest {
  MinTime: number;
  MaxTime: number;
  ClientId?: string;
  Events?: string[];
  Keyword?: string;
  Context?: string;
  Limit?: number;
}

export interface ListAccountLogResponse {
  Rows: AccountLogRow[];
  Context: string;
  Listover: boolean;
}

export interface ListActionHistoryRequest {
  ProductId: string;
  DeviceName: string;
  ActionId?: string;
  MinTime: number;
  MaxTime: number;
  Context?: string;
  Limit?: number;
}

export interface ListActionHistoryResponse {
  Calls: ActionCallItem[];
  Context: string;
  Listover: boolean;
}

export interface ListAuditLogRequest {
  MinTime: number;
  MaxTime: number;
  Uin?: string;
  Operation?: string;
  WritesOnly?: boolean;
  Context?: string;
  Limit?: number;
}

export interface ListAuditLogResponse {
  Entries: AuditEntry[];
  Context: string;
  Listover: boolean;
}

export interface ListDeviceLogRequest {
  ProductId: string;
  DeviceName?: string;
  Kinds?: string[];
  Direction?: string;
  MinTime: number;
  MaxTime: number;
  Keyword?: string;
  RequestId?: string;
  Context?: string;
  Limit?: number;
}

export interface ListDeviceLogResponse {
  Rows: DeviceLogRow[];
  Context: string;
  Listover: boolean;
}

export interface ListDeviceSecretsRequest {
  Devices: DevicesItem[];
}

export interface ListDeviceSecretsResponse {
  Secrets: DeviceSecretItem[];
}

export interface ListDevicesRequest {
  ProductId?: string;
  ProjectId?: string;
  State?: string;
  DeviceName?: string;
  Tags?: TagItem[];
  FirmwareVersion?: string;
  Context?: string;
  Limit?: number;
}

export interface ListDevicesResponse {
  Devices: DeviceInfo[];
  Context: string;
  Listover: boolean;
  Counts?: DeviceCounts;
  DevicesRead: number;
}

export interface ListEventHistoryRequest {
  ProductId: string;
  DeviceName: string;
  Type?: string;
  StartTime?: number;
  EndTime?: number;
  Context?: string;
  Size?: number;
  EventId?: string;
}

export interface ListEventHistoryResponse {
  Context: string;
  Total: number;
  Listover: boolean;
  EventHistory: EventHistoryItem[];
}

export interface ListFileTasksRequest {
  ProductId: string;
  DeviceName: string;
}

export interface ListFileTasksResponse {
  Tasks: FileTaskItem[];
}

export interface ListFilesRequest {
  ProductId: string;
  DeviceName?: string;
  Offset?: number;
  Limit?: number;
}

export interface ListFilesResponse {
  Total: number;
  Files: FileItem[];
}

export type ListGroupsRequest = Record<string, never>;

export interface ListGroupsResponse {
  Groups: Group[];
}

export interface ListJudgedMessagesRequest {
  ProductId: string;
  DeviceName?: string;
  MinTime: number;
  MaxTime: number;
  ModelSchema?: string;
  Context?: string;
  Limit?: number;
}

export interface ListJudgedMessagesResponse {
  Differences: JudgedMessage[];
  Judged: number;
  Context: string;
  Listover: boolean;
}

export type ListKnownProblemsRequest = Record<string, never>;

export interface ListKnownProblemsResponse {
  KnownProblems: KnownProblem[];
}

export interface ListLogRequest {
  MinTime: number;
  MaxTime: number;
  Keywords?: string;
  Context?: string;
  MaxNum?: number;
}

export interface ListLogResponse {
  Context: string;
  Listover: boolean;
  TotalCount: number;
  Results: CLSLogItem[];
}

export interface ListLogPayloadRequest {
  MinTime: number;
  MaxTime: number;
  Keywords: string;
  Context?: string;
  MaxNum?: number;
}

export interface ListLogPayloadResponse {
  Context: string;
  Listover: boolean;
  TotalCount: number;
  Results: PayloadLogItem[];
}

export interface ListMainAccountsRequest {
  Offset?: number;
  Limit?: number;
}

export interface ListMainAccountsResponse {
  Total: number;
  MainAccounts: MainAccountItem[];
}

export interface ListMessagesRequest {
  ProductId: string;
  DeviceName?: string;
  MinTime: number;
  MaxTime: number;
  Context?: string;
  Limit?: number;
}

export interface ListMessagesResponse {
  Messages: LoggedMessage[];
  Context: string;
  RecordsRead: number;
  Listover: boolean;
}

export type ListPoliciesRequest = Record<string, never>;

export interface ListPoliciesResponse {
  Policies: PolicyItem[];
}

export interface ListRefusedStrangersRequest {
  ProductId?: string;
  SourceAddress?: string;
  Offset?: number;
  Limit?: number;
}

export interface ListRefusedStrangersResponse {
  TotalCount: number;
  Strangers: RefusedStranger[];
}

export interface ListRemoteConfigsRequest {
  ProductId: string;
}

export interface ListRemoteConfigsResponse {
  Enabled: boolean;
  Versions: RemoteConfigVersion[];
}

export interface ListSDKLogRequest {
  MinTime: number;
  MaxTime: number;
  Keywords: string;
  Context?: string;
  MaxNum?: number;
}

export interface ListSDKLogResponse {
  Context: string;
  Listover: boolean;
  TotalCount: number;
  Results: SDKLogItem[];
}

export interface ListSecretKeysRequest {
  Uin?: string;
}

export interface ListSecretKeysResponse {
  SecretKeys: SecretKeyItem[];
}

export type ListSimulationsRequest = Record<string, never>;

export interface ListSimulationsResponse {
  Simulations: SimulationItem[];
  DevicesMax: number;
  DevicesUsed: number;
}

export interface ListSubAccountsRequest {
  Offset?: number;
  Limit?: number;
}

export interface ListSubAccountsResponse {
  Total: number;
  SubAccounts: SubAccount[];
}

export interface ListSubDevicesRequest {
  GatewayProductId: string;
  GatewayDeviceName: string;
  Offset?: number;
  Limit?: number;
}

export interface ListSubDevicesResponse {
  Devices: DeviceInfo[];
  Total: number;
  Online: number;
}

export interface ListTagsRequest {
  ProductId: string;
  DeviceName?: string;
}

export interface ListTagsResponse {
  Tags: TagItem[];
  Inherited: TagItem[];
}

export interface ListTopicPolicyRequest {
  ProductId: string;
}

export interface ListTopicPolicyResponse {
  Topics: TopicItem[];
}

export interface ModifyFenceBindRequest {
  FenceId: number;
  Items: FenceBindProductItem[];
}

export type ModifyFenceBindResponse = Record<string, never>;

export interface ModifyModelDefinitionRequest {
  ProductId: string;
  ModelSchema: string;
}

export type ModifyModelDefinitionResponse = Record<string, never>;

export interface ModifyPositionFenceRequest {
  SpaceId?: string;
  FenceId?: number;
  FenceName?: string;
  FenceArea?: string;
  FenceDesc?: string;
}

export type ModifyPositionFenceResponse = Record<string, never>;

export interface ModifyPositionSpaceRequest {
  SpaceId: string;
  SpaceName: string;
  AuthorizeType: number;
  ProductIdList: string[];
  Description?: string;
  Icon?: string;
}

export type ModifyPositionSpaceResponse = Record<string, never>;

export interface ModifyProductDynamicRegisterRequest {
  ProductId: string;
  RegisterType: number;
  RegisterLimit: number;
}

export interface ModifyProductDynamicRegisterResponse {
  RegisterType: number;
  ProductSecret: string;
  RegisterLimit: number;
}

export interface ModifyProjectRequest {
  ProjectId: string;
  ProjectName: string;
  ProjectDesc: string;
}

export interface ModifyProjectResponse {
  Project?: ProjectEntry;
}

export interface ModifySpacePropertyRequest {
  SpaceId: string;
  ProductId: string;
  Data: string;
}

export type ModifySpacePropertyResponse = Record<string, never>;

export interface ModifyStudioProductRequest {
  ProductId: string;
  ProductName: string;
  ProductDesc: string;
  ModuleId: number;
  EnableProductScript?: string;
  BindStrategy?: number;
}

export interface ModifyStudioProductResponse {
  Product?: ProductEntry;
}

export interface ModifyTopicPolicyRequest {
  ProductId: string;
  TopicName: string;
  NewTopicName: string;
  Privilege: number;
}

export type ModifyTopicPolicyResponse = Record<string, never>;

export interface NotifyDeviceBindingRequest {
  ProductId: string;
  DeviceName: string;
  Event: string;
}

export interface NotifyDeviceBindingResponse {
  Told: string;
}

export interface PublishBroadcastMessageRequest {
  ProductId: string;
  Payload: string;
  Qos: number;
  PayloadEncoding?: string;
}

export interface PublishBroadcastMessageResponse {
  TaskId: number;
}

export interface PublishMessageRequest {
  ProductId: string;
  DeviceName: string;
  Topic: string;
  Payload: string;
  Qos?: number;
  PayloadEncoding?: string;
}

export type PublishMessageResponse = Record<string, never>;

export interface PublishRRPCMessageRequest {
  ProductId: string;
  DeviceName: string;
  Payload: string;
}

export interface PublishRRPCMessageResponse {
  MessageId?: number | null;
  PayloadBase64?: string | null;
}

export interface PushFileRequest {
  ProductId: string;
  DeviceName: string;
  FileId: number;
  Way: string;
  ResourceName?: string;
  Version?: string;
  ResourceType?: string;
}

export interface PushFileResponse {
  TaskId: number;
  Told: string;
}

export interface PushRemoteConfigRequest {
  ProductId: string;
  DeviceName?: string;
}

export interface PushRemoteConfigResponse {
  Version: number;
  Bytes: number;
  Sent: number;
  NotListening: number;
  OverRate: number;
  TooLarge: number;
  Warning: string;
}

export interface ReleaseStudioProductRequest {
  ProductId: string;
  DevStatus: string;
}

export type ReleaseStudioProductResponse = Record<string, never>;

export interface RemoveGroupMembersRequest {
  Name: string;
  Uins: string[];
}

export type RemoveGroupMembersResponse = Record<string, never>;

export interface RenewDeviceCertificateRequest {
  ProductId: string;
  DeviceName: string;
  TlsCrt?: string;
}

export interface RenewDeviceCertificateResponse {
  DeviceName: string;
  DeviceCert: string;
  DevicePrivateKey: string;
}

export interface RunProductScriptRequest {
  ProductId: string;
  Direction: string;
  Payload: string;
  PayloadEncoding?: string;
  FPort?: number;
  Script?: string;
}

export interface RunProductScriptResponse {
  Success: boolean;
  Message: string;
  Bytes: number[];
  ErrorMessage: string;
  ErrorKind: string;
  Line: number;
  Column: number;
  Lines: string[];
  TimeMicros: number;
}

export interface SavePolicyRequest {
  Name: string;
  Document: string;
  Remark?: string;
}

export type SavePolicyResponse = Record<string, never>;

export interface SaveProductScriptRequest {
  ProductId: string;
  Script: string;
  EnableProductScript?: string;
}

export interface SaveProductScriptResponse {
  Version: number;
  EnableProductScript: string;
}

export interface SearchPositionSpaceRequest {
  ProjectId: string;
  SpaceName: string;
  Offset: number;
  Limit: number;
}

export interface SearchPositionSpaceResponse {
  List: PositionSpaceInfo[];
  Total: number;
}

export interface SearchStudioProductRequest {
  ProjectId?: string;
  ProductName?: string;
  Limit?: number;
  Offset?: number;
  DevStatus?: string;
  ProductId?: string;
  Filters?: Filter[];
}

export interface SearchStudioProductResponse {
  Products: ProductEntry[];
  Total: number;
}

export interface SetLogLevelRequest {
  ProductId: string;
  DeviceName?: string;
  Level?: number;
}

export interface SetLogLevelResponse {
  Level: number;
  Told: string;
}

export interface SetPasswordRequest {
  OldPassword?: string;
  NewPassword: string;
  Uin?: string;
}

export type SetPasswordResponse = Record<string, never>;

export interface SetProductStorageRequest {
  ProductId: string;
  RetentionDays?: number;
  Durability?: string;
}

export interface SetProductStorageResponse {
  RetentionDays: number;
  OwnRetention: boolean;
  RetentionDaysMax: number;
  Durability: string;
}

export interface SetRemoteConfigRequest {
  ProductId: string;
  Config: string;
}

export interface SetRemoteConfigResponse {
  Version: number;
  Bytes: number;
  Enabled: boolean;
}

export interface SetTagsRequest {
  ProductId: string;
  DeviceName?: string;
  Tags: TagItem[];
}

export type SetTagsResponse = Record<string, never>;

export interface StartSimulationRequest {
  ProductId: string;
  DeviceCount: number;
  NamePrefix?: string;
  CreateMissing?: boolean;
  IntervalSeconds?: number;
  Minutes?: number;
  FaultPercent?: number;
}

export interface StartSimulationResponse {
  Simulation?: SimulationItem;
}

export interface StopSimulationRequest {
  ProductId: string;
  SimulationId: string;
  DeleteCreated?: boolean;
}

export interface StopSimulationResponse {
  Simulation?: SimulationItem;
}

export interface UnbindDevicesRequest {
  GatewayProductId: string;
  GatewayDeviceName: string;
  ProductId: string;
  DeviceNames: string[];
}

export type UnbindDevicesResponse = Record<string, never>;

export interface UnbindProductsRequest {
  GatewayProductId: string;
  ProductIds: string[];
}

export interface UnbindProductsResponse {
  GatewayDeviceNames: string[];
}

export interface UpdateDeviceShadowRequest {
  ProductId: string;
  DeviceName: string;
  State: string;
  ShadowVersion: number;
  Prefix?: string;
}

export interface UpdateDeviceShadowResponse {
  Data: string;
}

export interface UpdateDevicesEnableStateRequest {
  DevicesItems: DevicesItem[];
  Status: number;
}

export interface UpdateDevicesEnableStateResponse {
  ResultCode: string;
  ResultMessage: string;
}

export interface UpdatePrivateCARequest {
  CertName: string;
  CertText: string;
  VerifyCertText: string;
}

export type UpdatePrivateCAResponse = Record<string, never>;

export interface UpdateProductPrivateCARequest {
  ProductId: string;
  CertName: string;
}

export type UpdateProductPrivateCAResponse = Record<string, never>;

export interface UpdateSecretKeyRequest {
  SecretId: string;
  Active: boolean;
}

export type UpdateSecretKeyResponse = Record<string, never>;

export interface UpdateSubAccountRequest {
  Uin: string;
  Enabled: boolean;
}

export type UpdateSubAccountResponse = Record<string, never>;

export interface AccessPointItem {
  Protocol: string;
  Host: string;
  Port: number;
  Encrypted: boolean;
}

export interface AccountLogRow {
  Time: number;
  Event: string;
  ClientId: string;
  Uin: string;
  SecretId: string;
  Topic: string;
  Content: string;
  Result: string;
  Count: number;
}

export interface ActionCallItem {
  Time: number;
  ActionId: string;
  ClientToken: string;
  RequestId: string;
  Input: string;
  State: string;
  ReplyTime: number;
  Code: number;
  Status: string;
  Output: string;
}

export interface ActivityMinute {
  Time: number;
  Up: number;
  Down: number;
  SignIns: number;
  Failures: number;
}

export interface AuditEntry {
  Time: number;
  RequestId: string;
  Uin: string;
  OwnerUin: string;
  SecretId: string;
  SourceIp: string;
  Service: string;
  Operation: string;
  Region: string;
  Resource: string;
  Code: string;
  LatencyMicros: number;
}

export interface BindDeviceInfo {
  ProductId: string;
  DeviceName: string;
}

export interface BindProductInfo {
  ProductId: string;
  ProductName: string;
  ProjectId: string;
  DataProtocol: number;
  CategoryId: number;
  ProductType: number;
  NetType: string;
  DevStatus: string;
  ProductOwnerName: string;
}

export interface CLSLogItem {
  Content: string;
  DeviceName: string;
  ProductId: string;
  RequestId: string;
  Result: string;
  Scene: string;
  Time: string;
  Userid: string;
}

export interface CertInfo {
  CertName: string;
  CertSN: string;
  IssuerName: string;
  Subject: string;
  CreateTime: number;
  EffectiveTime: number;
  ExpireTime: number;
  CertText: string;
}

export interface DataStep {
  Time: number;
  Count: number;
  Lowest: number;
  Highest: number;
  Average: number;
  Last: number;
}

export interface DeviceCounts {
  Total: number;
  Online: number;
  Offline: number;
  Inactive: number;
  Disabled: number;
}

export interface DeviceData {
  DeviceCert: string;
  DeviceName: string;
  DevicePrivateKey: string;
  DevicePsk: string;
}

export interface DeviceDataHistoryItem {
  Time: string;
  Value: string;
}

export interface DeviceFileItem {
  ResourceName: string;
  Version: string;
  ResourceType: string;
}

export interface DeviceInfo {
  DeviceName: string;
  Status: number;
  DevicePsk: string;
  FirstOnlineTime?: number | null;
  LoginTime: number;
  CreateTime: number;
  Version: string;
  DeviceCert: string;
  LogLevel: number;
  DevAddr: string;
  AppKey: string;
  DevEUI: string;
  AppSKey: string;
  NwkSKey: string;
  CreateUserId: number;
  CreatorNickName: string;
  EnableState: number;
  ProductId: string;
  ProductName: string;
  DeviceType: string;
  IsLora: boolean;
}

export interface DeviceLogRow {
  Time: number;
  Kind: string;
  Direction: string;
  ProductId: string;
  DeviceName: string;
  Scene: string;
  Topic: string;
  Content: string;
  Result: string;
  RequestId: string;
  ClientToken: string;
  PayloadFormat: string;
  PayloadBytes: number;
}

export interface DeviceResult {
  DeviceName: string;
  Status: string;
  ErrCode: number;
  ErrMsg: string;
}

export interface DeviceSecretItem {
  ProductId: string;
  DeviceName: string;
  DevicePsk: string;
}

export interface DevicesItem {
  ProductId: string;
  DeviceName: string;
}

export interface EventHistoryItem {
  TimeStamp: number;
  ProductId: string;
  DeviceName: string;
  EventId: string;
  Type: string;
  Data: string;
}

export interface FailureCount {
  Cause: string;
  Count: number;
}

export interface FamilySubDevice {
  ProductId: string;
  DeviceName: string;
  DeviceId: string;
  AliasName: string;
  FamilyId: string;
  RoomId: string;
  IconUrl: string;
  IconUrlGrid: string;
  CreateTime: number;
  UpdateTime: number;
}

export interface FenceBindProductItem {
  Devices: FenceBindDeviceItem[];
  ProductId: string;
}

export interface FenceBindDeviceItem {
  DeviceName: string;
  AlertCondition: string;
  FenceEnable: boolean;
  Method: string;
}

export interface FenceEventItem {
  ProductId: string;
  DeviceName: string;
  FenceId: number;
  AlertType: string;
  Data?: FenceAlarmPoint;
}

export interface FenceAlarmPoint {
  AlarmTime: number;
  Longitude: number;
  Latitude: number;
}

export interface FileItem {
  FileId: number;
  FileName: string;
  DeviceName: string;
  FileSize: number;
  Md5: string;
  Uploaded: boolean;
  CreateTime: number;
}

export interface FileTaskItem {
  TaskId: number;
  FileId: number;
  Kind: string;
  ResourceName: string;
  Version: string;
  ResourceType: string;
  State: string;
  Percent: number;
  ResultCode: number;
  ResultText: string;
  CreateTime: number;
  UpdateTime: number;
}

export interface Filter {
  Name: string;
  Values?: string[];
}

export interface Group {
  Name: string;
  Remark: string;
  Policies: string[];
  Uins: string[];
  CreateTime: number;
}

export interface JudgedMessage {
  Position: string;
  CommitTime: number;
  DeviceName: string;
  Kind: string;
  Payload: string;
  Code: number;
  Reason: string;
  CodeNow: number;
  ReasonNow: string;
  Text: string;
}

export interface KnownProblem {
  Id: string;
  Of: string;
  Severity: string;
  Title: string;
  Cause: string;
  Cure: string;
}

export interface LimitItem {
  Name: string;
  Value: number;
  Used: number;
  Unit: string;
  Scope: string;
  Setting: string;
  Description: string;
  Unlimited: boolean;
  Counted: boolean;
}

export interface LoggedMessage {
  Position: string;
  CommitTime: number;
  SampleTime: number;
  Kind: string;
  Direction: string;
  ProductId: string;
  DeviceName: string;
  Topic: string;
  Code: number;
  Payload: string;
  RequestId: string;
  Reason: string;
}

export interface MainAccountItem {
  Uin: string;
  Name: string;
  InstanceId: string;
  Administrator: boolean;
  CreateTime: number;
}

export interface ModelConsequence {
  Function: string;
  Id: string;
  Outcome: string;
  Code: number;
  Text: string;
  Said: string;
  Devices: number;
  Messages: number;
  DeviceName: string;
  Value: string;
  LastSeen: number;
}

export interface PayloadLogItem {
  Uin: string;
  ProductId: string;
  DeviceName: string;
  SrcType: string;
  SrcName: string;
  Topic: string;
  PayloadFormatType: string;
  Payload: string;
  RequestId: string;
  DateTime: string;
}

export interface PolicyItem {
  Name: string;
  Document: string;
  Remark: string;
  Preset: boolean;
  AttachedCount: number;
}

export interface PositionFenceInfo {
  GeoFence?: PositionFenceItem;
  CreateTime: number;
  UpdateTime: number;
}

export interface PositionFenceItem {
  FenceId: number;
  SpaceId: string;
  FenceName: string;
  FenceDesc: string;
  FenceArea: string;
}

export interface PositionItem {
  CreateTime: number;
  Longitude: number;
  Latitude: number;
  LocationType: string;
  Accuracy: number;
}

export interface PositionSpaceInfo {
  ProjectId: string;
  SpaceId: string;
  SpaceName: string;
  AuthorizeType: number;
  Description: string;
  ProductIdList: string[];
  Icon: string;
  CreateTime: number;
  UpdateTime: number;
  Zoom: number;
}

export interface PrivateCABindProductInfo {
  ProductId: string;
  ProductName: string;
  CreateTime: number;
}

export interface Problem {
  Id: string;
  Severity: string;
  Title: string;
  Cause: string;
  Cure: string;
  Since: number;
  LastSeen: number;
  Count: number;
  Mistakes: ProblemMistake[];
  Evidence: ProblemEvidence[];
}

export interface ProblemEvidence {
  Time: number;
  Text: string;
}

export interface ProblemMistake {
  Text: string;
  Since: number;
  LastSeen: number;
  Count: number;
  Value: string;
}

export interface ProductDevicesPositionItem {
  Items: DevicePositionItem[];
  ProductId: string;
  Total: number;
}

export interface DevicePositionItem {
  DeviceName: string;
  CreateTime: number;
  Longitude: number;
  Latitude: number;
}

export interface ProductEntry {
  ProductId: string;
  ProductName: string;
  CategoryId: number;
  EncryptionType: string;
  NetType: string;
  DataProtocol: number;
  ProductDesc: string;
  DevStatus: string;
  CreateTime: number;
  UpdateTime: number;
  Region: string;
  ProductType: number;
  ProjectId: string;
  ModuleId: number;
  EnableProductScript: string;
  CreateUserId: number;
  CreatorNickName: string;
  BindStrategy: number;
  DeviceCount: number;
  Rate: string;
  Period: string;
  IsInterconnection: number;
  Uin: string;
  AppId: number;
  PrivateCAName: string;
  IsPrivateCA: boolean;
  CertName: string;
  CertSN: string;
  IssuerName: string;
  Subject: string;
  EffectiveTime: number;
  ExpireTime: number;
  CertText: string;
}

export interface ProductModelDefinition {
  ProductId: string;
  ModelDefine: string;
  UpdateTime: number;
  CreateTime: number;
  CategoryModel: string;
  NetTypeModel: string;
}

export interface ProjectEntry {
  ProjectId: string;
  ProjectName: string;
  ProjectDesc: string;
  CreateTime: number;
  UpdateTime: number;
}

export interface ProjectEntryEx {
  ProjectId: string;
  ProjectName: string;
  ProjectDesc: string;
  CreateTime: number;
  UpdateTime: number;
  ProductCount: number;
  NativeAppCount: number;
  WebAppCount: number;
  InstanceId: string;
  ApplicationCount: number;
  DeviceCount: number;
  EnableOpenState: number;
}

export interface PropertyUse {
  Property: string;
  Place: string;
  Name: string;
}

export interface RefusedStranger {
  FirstTime: number;
  LastTime: number;
  Time: string;
  Count: number;
  SourceAddress: string;
  Listener: string;
  ProductId: string;
  DeviceName: string;
  Id: string;
  Cause: string;
  Detail: string;
  Cure: string;
}

export interface RemoteConfigVersion {
  Version: number;
  Bytes: number;
  CreateTime: number;
}

export interface SDKLogItem {
  ProductId: string;
  DeviceName: string;
  Level: string;
  DateTime: string;
  Content: string;
}

export interface ScriptVersionItem {
  Version: number;
  UpdateTime: number;
  Uin: string;
  Bytes: number;
}

export interface SecretKeyItem {
  SecretId: string;
  Uin: string;
  Active: boolean;
  CreateTime: number;
  LastUsedTime: number;
}

export interface SettingItem {
  Key: string;
  Value: string;
  Source: string;
  Description: string;
}

export interface SimulationItem {
  SimulationId: string;
  ProductId: string;
  Caller: string;
  Running: boolean;
  DeviceCount: number;
  NamePrefix: string;
  IntervalSeconds: number;
  FaultPercent: number;
  StartTime: number;
  EndTime: number;
  Created: number;
  Online: number;
  SignIns: number;
  Reports: number;
  Accepted: number;
  Refused: number;
  Events: number;
  Controls: number;
  Actions: number;
  Failures: number;
  LastFailures: string[];
}

export interface SubAccount {
  Uin: string;
  Name: string;
  Policies: string[];
  Groups: string[];
  Enabled: boolean;
  CreateTime: number;
}

export interface SubscribedTopicItem {
  TopicName: string;
}

export interface TagItem {
  Key: string;
  Value: string;
}

export interface TopicItem {
  TopicName: string;
  Privilege: number;
}
