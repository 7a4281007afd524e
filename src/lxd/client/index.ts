export { INCUS, LXD, type Dialect } from "./dialect.ts";
export {
  LxdError,
  LxdUnreachableError,
  OperationError,
  OperationUnseenError,
  OutputLimitError,
  type UnreachableReason,
} from "./errors.ts";
export {
  type Exec,
  type ExecRequest,
  type ExecResult,
  type ExecRunRequest,
  type ExecStreamRequest,
  type RunningCommand,
} from "./exec.ts";
export type { ExecInput } from "./exec-input.ts";
export { findSocket, type Environment, type LxdSocket } from "./find-socket.ts";
export { type Instances, type StateChange } from "./instances.ts";
export { connect, LxdClient } from "./lxd-client.ts";
export { type Operations } from "./operations.ts";
export type { Overflow } from "./output-collector.ts";
export { type Server, type ServerInfo, type StorageDriver } from "./server.ts";
export type { Limits } from "./transport.ts";
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
