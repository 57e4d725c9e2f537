import type { Client } from "@litefleet/driver";
import { applyPending } from "../apply.ts";
import { MigrateError } from "../errors.ts";
import { contentsTables } from "../safety/contents-tables.ts";
import { fold } from "../safety/table-trace.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { describeCause } from "../tenant-errors.ts";
import { readMigrationSet } from "./migration-folder.ts";
import { isSpecialIndex, readSchemaEntries } from "./schema-mirror.ts";
import type { SchemaEntry } from "./schema-mirror.ts";
import { isInternal } from "./visible-tables.ts";

/** What {@link reset} did. */
export interface ResetResult {
  /** Tables and views that were dropped: names. */
  readonly dropped: readonly string[];
  /** Migrations that were applied, in order. */
  readonly applied: readonly string[];
}

/**
 * Drops every table and view, with all data, in one transaction, and applies all migrations. The folder is read first: one
 * that is not in order stops it before anything is dropped.
 *
 * @throws {MigrateError} `DIR_INVALID`, `TENANT_FAILED`, and what `migrate` throws; then the database is empty.
 */
export async function reset(
  client: Client,
  dir: string,
  options: { readonly tenant?: string; readonly signal?: AbortSignal },
): Promise<ResetResult> {
  const set = await readMigrationSet(dir);
  const dropped = await dropEverything(client, options);
  const { applied } = await applyPending(client, set, options);
  return { dropped, applied };
}

async function dropEverything(
  client: Client,
  { tenant, signal }: { readonly tenant?: string; readonly signal?: AbortSignal },
): Promise<string[]> {
  try {
    const entries = droppable(await readSchemaEntries(client));
    if (entries.length === 0) return [];
    await using transaction = await client.transaction("write", { foreignKeys: "off", signal });
    for (const { type, name } of entries) await transaction.execute(`DROP ${type} IF EXISTS ${quoteIdentifier(name)}`);
    await transaction.commit();
    return entries.flatMap(({ type, name }) => (type === "index" ? [] : [name]));
  } catch (cause) {
    throw new MigrateError(
      `The tables could not be dropped, and all are there: ${describeCause(cause)}`,
      "TENANT_FAILED",
      {
        tenant,
        cause,
      },
    );
  }
}

/** Views before the tables that they read, and what takes its own tables with it before others. */
function droppable(entries: readonly SchemaEntry[]): SchemaEntry[] {
  const contents = contentsTables(entries);
  const isOurs = ({ name }: SchemaEntry): boolean => !isInternal(name) && !contents.has(fold(name));
  const isVirtual = ({ sql }: SchemaEntry): boolean => /^\s*CREATE\s+VIRTUAL/iu.test(sql);
  const tables = entries.filter((entry) => entry.type === "table" && isOurs(entry));
  return [
    ...entries.filter(({ type }) => type === "view"),
    ...entries.filter(({ type, sql }) => type === "index" && isSpecialIndex(sql)),
    ...tables.filter(isVirtual),
    ...tables.filter((entry) => !isVirtual(entry)),
  ];
}
