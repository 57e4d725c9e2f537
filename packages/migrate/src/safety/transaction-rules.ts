import { parseStatement } from "@litefleet/driver/sql";

const offValues = new Set(["0", "OFF", "NO", "FALSE"]);

/** Pragmas that SQLite refuses, or silently passes over, inside a transaction. */
const outsidePragmas = new Set([
  "auto_vacuum",
  "encoding",
  "journal_mode",
  "locking_mode",
  "page_size",
  "synchronous",
  "temp_store",
  "wal_checkpoint",
]);

/** `"on"`, `"off"` or `"read"` for a `PRAGMA foreign_keys`, which does nothing inside a transaction; else `undefined`. */
export function readForeignKeyPragma(sql: string): "on" | "off" | "read" | undefined {
  const { pragma } = parseStatement(sql);
  if (pragma?.name !== "foreign_keys") return undefined;
  if (pragma.value === undefined) return "read";
  return offValues.has(pragma.value.replaceAll(/['"]/gu, "").toUpperCase()) ? "off" : "on";
}

/** Whether SQLite runs the statement only outside of a transaction, or passes over it inside of one. */
export function runsOutsideOnly(sql: string): boolean {
  const { keyword, pragma } = parseStatement(sql);
  if (keyword === "VACUUM") return true;
  if (pragma === undefined || !outsidePragmas.has(pragma.name)) return false;
  return pragma.value !== undefined || pragma.name === "wal_checkpoint";
}

/** Why the statement cannot be part of a migration, and what to do; `undefined` if it can. */
export function refusalInMigration(sql: string): string | undefined {
  const { keyword } = parseStatement(sql);
  switch (keyword) {
    case "ATTACH":
    case "DETACH":
      return `${keyword} holds for one connection, and a migration may run on several. Take it out of the file.`;
    case "BEGIN":
    case "COMMIT":
    case "END":
      return `${keyword} is not needed: every migration already runs in a transaction. Take BEGIN and COMMIT out of the file.`;
    case "ROLLBACK":
      // To a savepoint of the migration's own it is fine.
      return /\bTO\b/iu.test(sql) ? undefined : `ROLLBACK would undo the migration. Take it out of the file.`;
    default:
      return undefined;
  }
}
