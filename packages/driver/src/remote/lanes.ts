import type { BoundStatement } from "../engine.ts";

/** Which statements may share a request: reads with reads, plain writes with plain writes, and others with none. */
export type Lane = "reads" | "writes" | "alone";

/**
 * Where a statement belongs.
 *
 * A request is more than the sum of its statements where one can make it fail as a whole: a row with text that is not UTF-8
 * makes sqld answer it with HTTP 500, although statements before it have been carried out. So reads, which may be sent
 * again, never travel with writes; and of writes only those that return no rows travel together. Transaction control and
 * pragmas would change the connection for the statements after them.
 */
export function sentLane({ parsed }: BoundStatement): Lane {
  if (parsed.kind === "read") return "reads";
  return parsed.kind === "write" && !parsed.returning ? "writes" : "alone";
}
