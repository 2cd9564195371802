export {
  CONTROLLER,
  controlAddress,
  hostAddress,
  instanceAddress,
  isPeerId,
  parseAddress,
  type Address,
  type AddressText,
  type PeerKind,
} from "./address.js";
export {
  defineChannel,
  defineEvent,
  defineRequest,
  defineStream,
  type AnyChannel,
  type AnyEvent,
  type AnyMessage,
  type AnyRequest,
  type AnyStream,
  type Channel,
  type EventMessage,
  type ParamsOf,
  type PayloadOf,
  type RequestMessage,
  type ResultOf,
  type Source,
  type Stream,
} from "./define.js";
export { AppError, ERRORS, type ErrorCode, type ErrorDetails, type ErrorPayload } from "./errors.js";
export { PERMISSIONS, type Permission } from "./permissions.js";
export { cachedCompiler, type SchemaCompiler, type Validate } from "./validation.js";
export { HTTP_PATHS, LINK_PROTOCOL_VERSION } from "./http.js";
export { DisplayName, PeerId, SaveName, TimeMs } from "./names.js";
export { Host, HostReport, InstallInfo } from "./entities/host.js";
export {
  BlobReference,
  Instance,
  InstanceSpec,
  InstanceState,
  InstanceStatus,
  unknownStatus,
} from "./entities/instance.js";
export { Save, TransferProgress } from "./entities/save.js";
export { LogLine } from "./entities/log-line.js";
export { CORE_MESSAGES } from "./messages/index.js";
export * from "./messages/collections.js";
export * from "./messages/hosts.js";
export * from "./messages/instances.js";
export * from "./messages/logs.js";
export * from "./messages/plugins.js";
export * from "./messages/saves.js";
export * from "./messages/streams.js";
export * from "./messages/users.js";
