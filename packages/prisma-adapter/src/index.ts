export { PrismaLitefleet } from "./prisma-litefleet.ts";
export type { PrismaLitefleetOptions, PrismaTransactionMode, TimestampFormat } from "./options.ts";
