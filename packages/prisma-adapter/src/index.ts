export { PrismaLitefleet } from "./prisma-litefleet.ts";
export type { PrismaLitefleetOptions, PrismaTransactionMode, TimestampFormat } from "./options.ts";
export { withConcurrentTransactions } from "./extensions/with-concurrent-transactions.ts";
export type {
  ConcurrentTransaction,
  ConcurrentTransactionOptions,
  ConcurrentTransactionsExtension,
  ConcurrentTransactionsOptions,
} from "./extensions/with-concurrent-transactions.ts";
export type { PrismaExtension } from "./extensions/extendable-client.ts";
export { withLitefleet } from "./extensions/with-litefleet.ts";
export type { LitefleetCalls, LitefleetExtension, SyncOptions } from "./extensions/with-litefleet.ts";
export { withVectors } from "./vectors/with-vectors.ts";
export type {
  NearestArgs,
  NearestRow,
  VectorColumns,
  VectorId,
  VectorMethods,
  VectorsExtension,
} from "./vectors/with-vectors.ts";
export { fleetPrisma } from "./fleet/fleet-prisma.ts";
export type {
  CreatePrismaClient,
  FleetPrismaOptions,
  PrismaClientClass,
  PrismaFleet,
  PrismaFleetOptions,
} from "./fleet/fleet-prisma.ts";
