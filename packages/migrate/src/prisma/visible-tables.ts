import { contentsTables } from "../safety/contents-tables.ts";
import type { SchemaObject } from "../safety/row-guard.ts";
import { fold } from "../safety/table-trace.ts";

/**
 * The tables and views that a Prisma schema speaks of: not those that SQLite, libSQL, Turso and this package keep for
 * themselves, nor virtual tables and what keeps their contents, nor the shadow of a vector index. Prisma would drop them all.
 */
export function visibleTables(objects: readonly SchemaObject[]): ReadonlySet<string> {
  const contents = contentsTables(objects);
  return new Set(
    objects
      .filter(({ type, name, sql }) => {
        if (type !== "table" && type !== "view") return false;
        if (/^\s*CREATE\s+VIRTUAL/iu.test(sql)) return false;
        return !isInternal(name) && !/^_litefleet_/iu.test(name) && !contents.has(fold(name));
      })
      .map(({ name }) => name),
  );
}

/** A table that SQLite, libSQL or Turso keeps for itself. */
export function isInternal(name: string): boolean {
  return /^(?:sqlite_|libsql_|__turso_internal_|turso_cdc|turso_sync_)/iu.test(name);
}
