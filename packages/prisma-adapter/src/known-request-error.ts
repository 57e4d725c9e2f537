import { isDriverAdapterError } from "@prisma/driver-adapter-utils";
import type { MappedError } from "@prisma/driver-adapter-utils";

/** Prisma's codes for what can go wrong at the end of a transaction or at a savepoint. */
const codes: Readonly<Partial<Record<MappedError["kind"], string>>> = {
  ConnectionClosed: "P1017",
  DatabaseAccessDenied: "P1010",
  DatabaseNotReachable: "P1001",
  ForeignKeyConstraintViolation: "P2003",
  SocketTimeout: "P1008",
  TransactionAlreadyClosed: "P1018",
  TransactionWriteConflict: "P2034",
  sqlite: "P2039",
};

/**
 * An error of `toPrismaError()` as users catch it. Prisma turns the adapter's errors into its own only for queries;
 * those of `commit()` and of savepoints reach the user as they are, so they must have their code already.
 *
 * @see https://www.prisma.io/docs/orm/reference/error-reference
 */
export async function toKnownRequestError(error: unknown, what: string): Promise<unknown> {
  if (!isDriverAdapterError(error)) return error;
  const code = codes[error.cause.kind];
  if (code === undefined) return error;
  // Loaded only now: the class must be the one of the application's own Prisma client.
  const { PrismaClientKnownRequestError } = await import("@prisma/client/runtime/client");
  const message = `${what} failed: ${error.cause.originalMessage ?? error.message}`;
  return new PrismaClientKnownRequestError(message, { code, clientVersion: "7", meta: { driverAdapterError: error } });
}
