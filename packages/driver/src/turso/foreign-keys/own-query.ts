import type { InArgs, Value } from "@libsql/core/api";
import type { Connection } from "../../local/connection.ts";
import { ParsedStatements } from "../../parsed-statements.ts";

const statements = new ParsedStatements("bigint");

/** The rows of a statement of the driver's own; integers are bigints, so that rowids and keys come back as they were. */
export function ownQuery(connection: Connection, sql: string, args?: InArgs): Value[][] {
  return connection.run(statements.bind(sql, statements.parse(sql), args, undefined)).rows;
}
