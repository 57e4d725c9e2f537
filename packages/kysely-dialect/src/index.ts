export { LitefleetAdapter } from "./adapter.ts";
export { LitefleetDialect } from "./dialect.ts";
export type { LitefleetClientConfig, LitefleetDialectConfig } from "./dialect-config.ts";
export { LitefleetIntrospector } from "./introspector.ts";
export type { ColumnDetails, TableDetails } from "./introspector.ts";
export { concurrent, transaction } from "./transaction.ts";
export type { ConcurrentOptions } from "./transaction.ts";
