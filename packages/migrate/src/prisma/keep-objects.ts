import type { Client } from "@litefleet/driver";
import { fold, traceTables } from "../safety/table-trace.ts";
import { readStatements } from "../source/statements.ts";
import { readEffect } from "../sql/effect.ts";
import { createMirror, isSpecialIndex, readSchemaEntries } from "./schema-mirror.ts";
import type { SchemaEntry } from "./schema-mirror.ts";

/** A migration's script that leaves indexes and triggers alone which Prisma does not know. */
export interface KeptObjects {
  readonly script: string;
  /** What the script makes again: names. */
  readonly kept: readonly string[];
  /** What cannot be made again, as a column is gone: names. */
  readonly lost: readonly string[];
}

/**
 * Prisma changes a table by building another one and dropping the old, and with it drops what it knows nothing of: triggers,
 * indexes of vectors, of expressions, and of a part of the rows. This adds them to the end of the script. Whether they can
 * still be made is tried on an empty copy of the database.
 */
export async function keepObjects(client: Client, script: string): Promise<KeptObjects> {
  const rebuilt = new Set(traceTables(readStatements(script).map(({ sql }) => readEffect(sql))).rebuilt.map(fold));
  const unchanged = { script, kept: [], lost: [] };
  if (rebuilt.size === 0) return unchanged;
  const entries = (await readSchemaEntries(client)).filter(({ table }) => rebuilt.has(fold(table)));
  const mirror = await createMirror(client);
  try {
    const special = await unknownToPrisma(mirror, entries);
    if (special.length === 0) return unchanged;
    await mirror.executeMultiple(script);
    const there = new Set((await readSchemaEntries(mirror)).map(({ name }) => fold(name)));
    const kept: SchemaEntry[] = [];
    const lost: SchemaEntry[] = [];
    for (const entry of special) {
      if (there.has(fold(entry.name))) continue;
      const isDone = await mirror.execute(entry.sql).then(
        () => true,
        () => false,
      );
      (isDone ? kept : lost).push(entry);
    }
    const names = (list: readonly SchemaEntry[]): string[] => list.map(({ name }) => name);
    return { script: appendTo(script, kept), kept: names(kept), lost: names(lost) };
  } finally {
    mirror.close();
  }
}

/** Triggers, and indexes that the engine passes over. */
async function unknownToPrisma(mirror: Client, entries: readonly SchemaEntry[]): Promise<SchemaEntry[]> {
  const found: SchemaEntry[] = [];
  for (const entry of entries) {
    if (entry.type === "trigger") found.push(entry);
    else if (entry.type === "index" && (isSpecialIndex(entry.sql) || (await isPartial(mirror, entry))))
      found.push(entry);
  }
  return found;
}

async function isPartial(mirror: Client, { name, table }: SchemaEntry): Promise<boolean> {
  const { rows } = await mirror.execute({
    sql: `SELECT 1 FROM pragma_index_list(?) AS i WHERE lower(i.name) = lower(?) AND (i.partial = 1
      OR EXISTS (SELECT 1 FROM pragma_index_xinfo(i.name) AS x WHERE x.key = 1 AND x.cid = -2))`,
    args: [table, name],
  });
  return rows.length > 0;
}

function appendTo(script: string, kept: readonly SchemaEntry[]): string {
  if (kept.length === 0) return script;
  const statements = kept.map(({ sql }) => `${sql};\n`).join("\n");
  return `${script}\n-- Dropped with the old tables, and not known to Prisma\n${statements}`;
}
