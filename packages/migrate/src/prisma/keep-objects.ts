import type { Client } from "@litefleet/driver";
import { fold, traceTables } from "../safety/table-trace.ts";
import { readStatements } from "../source/statements.ts";
import { readEffect } from "../sql/effect.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { createMirror, createWholeCopy, isSpecialIndex, readSchemaEntries } from "./schema-mirror.ts";
import type { SchemaEntry } from "./schema-mirror.ts";

/** A migration's script that leaves indexes and triggers alone which Prisma does not know. */
export interface KeptObjects {
  readonly script: string;
  /** What the script makes again, views included: names. */
  readonly kept: readonly string[];
  /** What cannot be made again, as a column is gone: names. */
  readonly lost: readonly string[];
}

/**
 * Prisma changes a table by building another one and dropping the old, and with it drops what it knows nothing of: triggers,
 * indexes of vectors, of expressions, and of a part of the rows. This adds them to the end of the script. A view or a trigger
 * of another table that reads the table would stop the new one from being renamed, so it is taken away for that time. Whether everything can still be made is tried on
 * an empty copy of the database.
 */
export async function keepObjects(client: Client, script: string): Promise<KeptObjects> {
  const rebuilt = traceTables(readStatements(script).map(({ sql }) => readEffect(sql))).rebuilt.map(fold);
  const unchanged = { script, kept: [], lost: [] };
  if (rebuilt.length === 0) return unchanged;
  const entries = await readSchemaEntries(client);
  const special = await unknownToPrisma(
    client,
    entries.filter(({ table }) => rebuilt.includes(fold(table))),
  );
  const readers = readersOf(entries, rebuilt);
  for (const inTheWay of readers.length > 0 ? [[], readers] : [[]]) {
    const dropped = inTheWay.toReversed().map(({ type, name }) => `DROP ${type} ${quoteIdentifier(name)};\n`);
    const whole =
      dropped.length > 0 ? `-- Would stop a table from being renamed\n${dropped.join("")}\n${script}` : script;
    const remade = await tryOn(entries, whole, [...special, ...inTheWay]);
    if (remade !== undefined) return { script: appendTo(whole, remade.kept), ...namesOf(remade) };
  }
  // The runner will tell what is wrong with it.
  return unchanged;
}

interface Remade {
  readonly kept: readonly SchemaEntry[];
  readonly lost: readonly SchemaEntry[];
}

function namesOf({ kept, lost }: Remade): { readonly kept: string[]; readonly lost: string[] } {
  return { kept: kept.map(({ name }) => name), lost: lost.map(({ name }) => name) };
}

/** Runs the script on a copy and makes there what it has dropped; `undefined` if it does not run. */
async function tryOn(
  schema: readonly SchemaEntry[],
  script: string,
  entries: readonly SchemaEntry[],
): Promise<Remade | undefined> {
  const copy = await createWholeCopy(schema);
  const succeeds = (work: Promise<unknown>): Promise<boolean> =>
    work.then(
      () => true,
      () => false,
    );
  try {
    if (!(await succeeds(copy.executeMultiple(script)))) return undefined;
    const there = new Set((await readSchemaEntries(copy)).map(({ name }) => fold(name)));
    const kept: SchemaEntry[] = [];
    const lost: SchemaEntry[] = [];
    for (const entry of entries) {
      if (!there.has(fold(entry.name))) ((await succeeds(copy.execute(entry.sql))) ? kept : lost).push(entry);
    }
    return { kept, lost };
  } finally {
    copy.close();
  }
}

/**
 * The views that read one of the tables, or such a view, and the triggers of other tables that do, in the order in which they are
 * made. By their text: one too many does no harm.
 */
function readersOf(entries: readonly SchemaEntry[], tables: readonly string[]): SchemaEntry[] {
  const names = [...tables];
  const reads = ({ sql }: SchemaEntry): boolean => names.some((name) => fold(sql).includes(name));
  const views: SchemaEntry[] = [];
  for (const entry of entries) {
    if (entry.type !== "view" || !reads(entry)) continue;
    views.push(entry);
    names.push(fold(entry.name));
  }
  // Those of the tables themselves go with them.
  return [...views, ...entries.filter((e) => e.type === "trigger" && !tables.includes(fold(e.table)) && reads(e))];
}

/** Triggers, and indexes that the engine passes over. */
async function unknownToPrisma(client: Client, entries: readonly SchemaEntry[]): Promise<SchemaEntry[]> {
  const mirror = await createMirror(client);
  try {
    const found: SchemaEntry[] = [];
    for (const entry of entries) {
      const { type, sql } = entry;
      const isUnknown =
        type === "trigger" || (type === "index" && (isSpecialIndex(sql) || (await isPartial(mirror, entry))));
      if (isUnknown) found.push(entry);
    }
    return found;
  } finally {
    mirror.close();
  }
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
  return `${script}\n-- Went with the old tables, and is not known to Prisma\n${statements}`;
}
