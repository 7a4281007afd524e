export { INCUS, LXD, type Dialect } from "./dialect.ts";
export {
  LxdClientError,
  type LxdClientErrorCode,
  LxdAnswerError,
  LxdError,
  LxdUnreachableError,
  OperationError,
  type OperationFailure,
  OperationUnseenError,
  OutputLimitError,
  type UnreachableReason,
} from "./errors.ts";
export { type Cluster, type ClusterMember } from "./cluster.ts";
export { type Collection } from "./collection.ts";
export {
  type EventBase,
  type Events,
  type EventKind,
  type EventStream,
  type LifecycleEvent,
  type LxdEvent,
  type OperationEvent,
} from "./events.ts";
export {
  type Exec,
  type ExecRequest,
  type ExecResult,
  type ExecRunRequest,
  type ExecStreamRequest,
  type RunningCommand,
} from "./exec.ts";
export type { ExecInput } from "./exec-input.ts";
export {
  type FileAttributes,
  type Files,
  type GuestAttributes,
  type GuestDirectory,
  type GuestEntry,
  type GuestFile,
  type GuestLink,
  type GuestPath,
} from "./files.ts";
export { type FileSession, type ListedEntry, type ListedType } from "./file-session.ts";
export { findSocket, socketAt, type Environment, type LxdSocket } from "./find-socket.ts";
export { type ImageAlias, type ImageAliases } from "./image-aliases.ts";
export {
  type Image,
  type ImageOptions,
  type Images,
  type ImageUpload,
  type Publication,
  type RemoteImage,
  type SplitImage,
  type StoredImage,
  type UnifiedImage,
} from "./images.ts";
export { type Instances, type StateChange } from "./instances.ts";
export { connect, LxdClient } from "./lxd-client.ts";
export type { Answered } from "./transport.ts";
export {
  type NetworkACL,
  type NetworkACLRule,
  type NetworkACLs,
  type NetworkACLSettings,
  type NewNetworkACL,
} from "./network-acls.ts";
export {
  type Network,
  type NetworkLease,
  type Networks,
  type NetworkSettings,
  type NetworkState,
  type NewNetwork,
} from "./networks.ts";
export { type Operations } from "./operations.ts";
export type { Overflow } from "./exec-output.ts";
export { nameFromURL } from "./call.ts";
export { type NewProfile, type Profile, type Profiles, type ProfileSettings } from "./profiles.ts";
export type { Deletion } from "./resource.ts";
export type { Bytes, HostFile } from "./upload.ts";
export { type Server, type ServerInfo, type StorageDriver } from "./server.ts";
export {
  type NewStoragePool,
  type StoragePool,
  type StoragePoolResources,
  type StoragePools,
  type StoragePoolSettings,
} from "./storage-pools.ts";
export type { Limits } from "./limits.ts";
export type {
  Config,
  Devices,
  Done,
  Instance,
  InstanceAddress,
  InstanceInterface,
  InstanceSettings,
  InstanceSource,
  InstanceState,
  InstanceStatus,
  InstanceType,
  Metadata,
  NewInstance,
  Operation,
  Outcome,
  Tagged,
  Unseen,
} from "./types.ts";
export { untilStarted } from "./until-started.ts";
