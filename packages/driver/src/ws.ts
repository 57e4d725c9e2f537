import type { Client } from "./api.ts";
import type { Config } from "./config.ts";
import { createRemoteClient } from "./create-remote-client.ts";

/** Opens a database on a server over a WebSocket; holds nothing of Node. */
export function createClient(config: Config): Client {
  return createRemoteClient(config, ["wss:", "ws:"], false);
}

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
  ForeignKeys,
  InArgs,
  InStatement,
  IntMode,
  InValue,
  JournalMode,
  PreparedStatement,
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
export { decodeVector, vector, vectorDistance } from "./vector.ts";
export type { DecodedVector, VectorKind, VectorMetric } from "./vector.ts";
