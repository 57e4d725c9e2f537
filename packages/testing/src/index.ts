export { startFaultProxy } from "./fault-proxy.ts";
export type { CutPoint, FaultProxy, FaultProxyOptions } from "./fault-proxy.ts";
export type { TokenClaims } from "./jwt-keys.ts";
export { startSqld } from "./sqld.ts";
export type { SqldClientConfig, SqldOptions, SqldServer } from "./sqld-server.ts";
export { TestingError } from "./testing-error.ts";
export type { TestingErrorCode } from "./testing-error.ts";
export { startTursoSyncServer } from "./turso-sync-server.ts";
export type { TursoSyncServer, TursoSyncServerOptions } from "./turso-sync-server.ts";
