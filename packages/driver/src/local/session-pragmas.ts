import type { BoundStatement } from "../engine.ts";

/** Pragmas that set something of the connection rather than of the file, so that each connection must be told. */
const connectionPragmas: ReadonlySet<string> = new Set([
  "analysis_limit",
  "automatic_index",
  "cache_size",
  "cache_spill",
  "case_sensitive_like",
  "cell_size_check",
  "checkpoint_fullfsync",
  "foreign_keys",
  "fullfsync",
  "ignore_check_constraints",
  "journal_size_limit",
  "legacy_alter_table",
  "mmap_size",
  "query_only",
  "read_uncommitted",
  "recursive_triggers",
  "reverse_unordered_selects",
  "secure_delete",
  "synchronous",
  "temp_store",
  "threads",
  "trusted_schema",
  "wal_autocheckpoint",
  "writable_schema",
]);

/** Pragmas that take a value only to say what to read. */
const readingPragmas: ReadonlySet<string> = new Set([
  "foreign_key_check",
  "foreign_key_list",
  "index_info",
  "index_list",
  "index_xinfo",
  "integrity_check",
  "quick_check",
  "table_info",
  "table_list",
  "table_xinfo",
]);

/** Pragmas that write without a value. */
const writingPragmas: ReadonlySet<string> = new Set([
  "incremental_vacuum",
  "optimize",
  "shrink_memory",
  "wal_checkpoint",
]);

/** What a PRAGMA statement is to the connections of a client. */
export type PragmaScope = "read" | "connection" | "database";

/** Which of the three a PRAGMA is. */
export function pragmaScope(pragma: NonNullable<BoundStatement["parsed"]["pragma"]>): PragmaScope {
  if (readingPragmas.has(pragma.name)) return "read";
  if (pragma.value === undefined) return writingPragmas.has(pragma.name) ? "database" : "read";
  return connectionPragmas.has(pragma.name) ? "connection" : "database";
}

/** The connection-scoped settings that a client has made, to be repeated on every connection that it opens later. */
export class SessionPragmas {
  readonly #sql = new Map<string, string>();

  /** Remembers a setting; a later one of the same name replaces it. */
  remember(name: string, sql: string): void {
    this.#sql.delete(name);
    this.#sql.set(name, sql);
  }

  /** The settings in the order they were made. */
  statements(): Iterable<string> {
    return this.#sql.values();
  }
}
