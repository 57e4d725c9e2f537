import type { Client } from "./api.ts";
import type { Config } from "./config.ts";
import { createClient as createAny } from "./create-client.ts";
import { LitefleetError } from "./errors.ts";

/** Opens a local database, or an embedded replica. */
export function createClient(config: Config): Client {
  const client = createAny(config);
  if (client.protocol === "file") return client;
  client.close();
  throw new LitefleetError('This entry point supports only "file:" URLs and ":memory:"', "URL_SCHEME_NOT_SUPPORTED");
}

export type {
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
  InArgs,
  InStatement,
  IntMode,
  InValue,
  PreparedStatement,
  RawResult,
  Replicated,
  ReplicaStatus,
  ResultSet,
  Row,
  RowChunk,
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
