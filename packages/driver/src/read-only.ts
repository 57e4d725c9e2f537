import type { BoundStatement } from "./engine.ts";
import { LitefleetError } from "./errors.ts";

/** @throws {LitefleetError} `SQLITE_READONLY` if the statement would write; libSQL itself lets it pass in a local READONLY transaction. */
export function checkReadOnly(statement: BoundStatement): void {
  const { kind } = statement.parsed;
  if (kind !== "write" && kind !== "schema") return;
  throw new LitefleetError('attempt to write in a transaction of mode "read"', "SQLITE_READONLY", {
    extendedCode: "SQLITE_READONLY",
    rawCode: 8,
  });
}
