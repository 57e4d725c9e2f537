import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { MigrateError } from "../errors.ts";
import type { NewFile, NewFileContext } from "./migration-files.ts";
import { compactTime, nextNumber } from "./next-number.ts";

/** What stands before every first snapshot of drizzle-kit. */
const noSnapshot = "00000000-0000-0000-0000-000000000000";

/**
 * What `drizzle-kit generate --custom` of before 1.0 writes: the file, its entry in the journal, and the newest snapshot once more, so
 * that the next `generate` compares with the same schema.
 */
export async function drizzleV0Files({ dir, name, now, entries }: NewFileContext): Promise<NewFile[]> {
  const isFirst = !entries.includes("meta");
  const journalFile = path.join(dir, "meta", "_journal.json");
  const journal: unknown = isFirst ? { version: "7", dialect: "sqlite", entries: [] } : await readJson(journalFile);
  const known = entriesOf(journal, journalFile);
  const newest = known.at(-1);
  const idx = Number(newest?.["idx"] ?? -1) + 1;
  const number = String(idx).padStart(4, "0");
  const tag = `${number}_${name}`;
  // drizzle applies what is later than the newest that it applied.
  const when = Math.max(now.getTime(), ...known.map((entry) => Number(entry["when"]) + 1));
  const entry = { idx, version: newest?.["version"] ?? "6", when, tag, breakpoints: newest?.["breakpoints"] ?? true };
  const last = newest && path.join(dir, "meta", `${String(newest["idx"]).padStart(4, "0")}_snapshot.json`);
  const snapshot = await copySnapshot(last, (id) => ({ prevId: id }), {
    version: "6",
    dialect: "sqlite",
    tables: {},
    views: {},
    enums: {},
    _meta: { schemas: {}, tables: {}, columns: {} },
    internal: { indexes: {} },
  });
  const text = JSON.stringify({ ...Object(journal), entries: [...known, entry] }, undefined, 2);
  return [
    { file: `${tag}.sql`, text: "-- Custom SQL migration file, put your code below! --" },
    { file: `meta/${number}_snapshot.json`, text: snapshot },
    { file: "meta/_journal.json", text, replaces: !isFirst },
  ];
}

/** The same for 1.0: a folder with the file and the newest snapshot. */
export async function drizzleV1Files({ dir, name, now, entries }: NewFileContext): Promise<NewFile[]> {
  const folders: string[] = [];
  for (const entry of entries) {
    const names = await readdir(path.join(dir, entry)).catch((): string[] => []);
    if (names.includes("migration.sql")) folders.push(entry);
  }
  const newest = folders.toSorted((a, b) => a.localeCompare(b)).at(-1);
  const time = nextNumber(
    folders.map((folder) => folder.slice(0, 14)),
    now,
    compactTime(now),
  );
  const last = newest && path.join(dir, newest, "snapshot.json");
  const snapshot = await copySnapshot(last, (id) => ({ prevIds: [id] }), {
    version: "7",
    dialect: "sqlite",
    ddl: [],
    renames: [],
  });
  return [
    { file: `${time}_${name}/migration.sql`, text: "-- Custom SQL migration file, put your code below! --" },
    { file: `${time}_${name}/snapshot.json`, text: snapshot },
  ];
}

/** The snapshot with a new id that refers to the old one; `empty` before the first. */
async function copySnapshot(file: string | undefined, link: (id: string) => object, empty: object): Promise<string> {
  const old = file === undefined ? empty : await readJson(file);
  const previous = typeof old === "object" && old !== null && "id" in old ? String(old.id) : noSnapshot;
  return JSON.stringify({ ...Object(old), id: randomUUID(), ...link(previous) }, undefined, 2);
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new MigrateError(`${file} cannot be read. Restore it from version control.`, "DIR_INVALID", { cause });
  }
}

function entriesOf(journal: unknown, file: string): Record<string, unknown>[] {
  const entries: unknown = typeof journal === "object" && journal !== null && "entries" in journal && journal.entries;
  if (Array.isArray(entries)) return entries.map((entry: unknown) => Object(entry) as Record<string, unknown>);
  throw new MigrateError(`${file} has no entries. Restore it from version control.`, "DIR_INVALID");
}
