export { createClient } from "./create-client.ts";
export type {
  BatchOptions,
  BatchStatement,
  BeginOptions,
  BoundOptions,
  CallOptions,
  Capabilities,
  ChunkOptions,
  Client,
  ClientStatus,
  Column,
  EngineName,
  Executor,
  FetchProgress,
  ForeignKeys,
  InArgs,
  InStatement,
  IntMode,
  InValue,
  OfflineStatus,
  JournalMode,
  PreparedStatement,
  PullResult,
  PushResult,
  RawResult,
  Replicated,
  ReplicaStatus,
  ResultSet,
  Row,
  RowChunk,
  RowKey,
  RunResult,
  Transaction,
  TransactionMode,
  TransactionOptions,
  Value,
  WaitForOptions,
} from "./api.ts";
export type { Config, LocalEngineName } from "./config.ts";
export {
  errorCodes,
  isRetryable,
  LibsqlBatchError,
  LibsqlError,
  LitefleetBatchError,
  LitefleetError,
} from "./errors.ts";
export type { ErrorCode, ErrorDetails, LitefleetErrorCode } from "./errors.ts";
export type { ClientEvents, EngineError } from "./events.ts";
export { createFleet } from "./fleet/create-fleet.ts";
export type {
  Fleet,
  FleetMapOptions,
  FleetOptions,
  FleetStatus,
  FleetTenant,
  FleetTenants,
  TenantAnswer,
  WaitForTenantOptions,
} from "./fleet/fleet-api.ts";
export { FleetError } from "./fleet/fleet-error.ts";
export type { Conflict, OfflineChange, OfflineRow, RejectedChange, Resolution, Resolve } from "./offline/conflict.ts";
export { decodeVector, vector, vectorDistance } from "./vector.ts";
export type { DecodedVector, VectorKind, VectorMetric } from "./vector.ts";
