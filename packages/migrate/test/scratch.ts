import { mkdtempSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "@litefleet/driver";
import type { Client, Config } from "@litefleet/driver";
import { afterAll } from "vitest";

const folders: string[] = [];
const clients: Client[] = [];

afterAll(async () => {
  for (const client of clients) client.close();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A folder that is gone after the tests of the file. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "litefleet-migrate-"));
  folders.push(folder);
  return folder;
}

/** The same, at once. */
export function scratchFolderSync(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "litefleet-migrate-"));
  folders.push(folder);
  return folder;
}

/** A client on a new file, closed after the tests of the file. */
export async function scratchClient(config: Omit<Config, "url"> = {}): Promise<Client> {
  return openFile(path.join(await scratchFolder(), "scratch.db"), config);
}

/** A client on the file, closed after the tests of the file. */
export function openFile(file: string, config: Omit<Config, "url"> = {}): Client {
  const client = createClient({ url: `file:${file}`, ...config });
  clients.push(client);
  return client;
}

/** Writes a drizzle-kit folder of these migrations, in order, a second between their times. */
export async function writeFolder(
  migrations: Readonly<Record<string, string>>,
  options: { readonly dir?: string; readonly when?: (index: number) => number } = {},
): Promise<string> {
  const dir = options.dir ?? (await scratchFolder());
  const { when = (index) => 1_700_000_000_000 + index * 1000 } = options;
  const tags = Object.keys(migrations);
  await mkdir(path.join(dir, "meta"), { recursive: true });
  for (const [tag, sql] of Object.entries(migrations)) await writeFile(path.join(dir, `${tag}.sql`), sql);
  const entries = tags.map((tag, idx) => ({ idx, version: "6", when: when(idx), tag, breakpoints: true }));
  await writeFile(
    path.join(dir, "meta", "_journal.json"),
    JSON.stringify({ version: "7", dialect: "sqlite", entries }),
  );
  return dir;
}

/** Writes a folder of drizzle-kit 1.0 with these migrations: `<time>_<name>` to SQL. */
export async function writeFolderV1(migrations: Readonly<Record<string, string>>): Promise<string> {
  const dir = await scratchFolder();
  for (const [name, sql] of Object.entries(migrations)) {
    await mkdir(path.join(dir, name), { recursive: true });
    await writeFile(path.join(dir, name, "migration.sql"), sql);
    await writeFile(path.join(dir, name, "snapshot.json"), "{}");
  }
  return dir;
}

/** Writes a folder of files as they are given, in a folder of its own. */
export async function writeFiles(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = path.join(await scratchFolder(), "migrations");
  await mkdir(dir);
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(dir, file), text);
  return dir;
}

/** How many rows the tables have. */
export async function countsOf(client: Client, ...tables: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const { rows } = await client.execute(`SELECT count(*) AS n FROM "${table}"`);
    counts[table] = Number(rows[0]?.["n"]);
  }
  return counts;
}

/** The whole schema, as text, without what Turso Database keeps for itself and without our journal. */
export async function schemaOf(client: Client): Promise<string[]> {
  const { rows } = await client.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
  return rows.map((row) => String(row["sql"])).filter((sql) => !/__turso_internal_|_litefleet_journal/u.test(sql));
}
