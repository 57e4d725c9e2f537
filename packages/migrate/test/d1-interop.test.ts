import { execFile } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { beforeEach, expect, test, vi } from "vitest";
import { migrate, status } from "../src/index.ts";
import { openFile, scratchFolder } from "./scratch.ts";

// wrangler starts Cloudflare's runtime for each command.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const require = createRequire(import.meta.url);
const wranglerBin = path.join(path.dirname(require.resolve("wrangler/package.json")), "bin/wrangler.js");
const files = {
  "0001_users.sql": "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);",
  "0002_plan.sql":
    "ALTER TABLE users ADD COLUMN plan TEXT DEFAULT 'free';\nINSERT INTO users (name) VALUES ('Ada; Byron');",
};

let cwd: string;
let dir: string;

beforeEach(async () => {
  cwd = await scratchFolder();
  dir = path.join(cwd, "migrations");
  await mkdir(dir);
  const database = { binding: "DB", database_name: "app", database_id: "00000000-0000-0000-0000-000000000000" };
  const configuration = { name: "app", compatibility_date: "2026-01-01", d1_databases: [database] };
  await writeFile(path.join(cwd, "wrangler.jsonc"), JSON.stringify(configuration));
  for (const [name, sql] of Object.entries(files)) await writeFile(path.join(dir, name), sql);
});

/** Runs the real wrangler on its local database; answers what it prints. */
async function wrangler(...args: readonly string[]): Promise<string> {
  const env = {
    ...process.env,
    HOME: cwd,
    XDG_CONFIG_HOME: cwd,
    CI: "1",
    WRANGLER_SEND_METRICS: "false",
    NO_COLOR: "1",
  };
  const all = [wranglerBin, "d1", ...args, "--local"];
  return (await promisify(execFile)(process.execPath, all, { cwd, env })).stdout;
}

/** The file in which wrangler keeps its local database. */
async function localFile(): Promise<string> {
  const folder = path.join(cwd, ".wrangler/state/v3/d1/miniflare-D1DatabaseObject");
  const file = (await readdir(folder)).find((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite");
  return path.join(folder, file!);
}

test("what wrangler applied counts as applied, and wrangler finds nothing to do after us", async () => {
  await wrangler("migrations", "apply", "app");
  const client = openFile(await localFile());
  expect(await status(client, { dir })).toMatchObject({ state: "up-to-date", applied: ["0001_users", "0002_plan"] });
  await writeFile(path.join(dir, "0003_active.sql"), "ALTER TABLE users ADD COLUMN active INTEGER DEFAULT 1;");
  expect(await migrate(client, { dir })).toMatchObject({ state: "migrated", applied: ["0003_active"] });
  client.close();
  expect(await wrangler("migrations", "list", "app")).toContain("No migrations to apply");
});

test("wrangler goes on where we stopped", async () => {
  await wrangler("execute", "app", "--command", "SELECT 1");
  const client = openFile(await localFile());
  expect(await migrate(client, { dir, to: "0001_users" })).toMatchObject({ applied: ["0001_users"] });
  client.close();
  const list = await wrangler("migrations", "list", "app");
  expect([list.includes("0001_users"), list.includes("0002_plan")]).toEqual([false, true]);
  await wrangler("migrations", "apply", "app");
  const again = openFile(await localFile());
  expect(await status(again, { dir })).toMatchObject({ state: "up-to-date", applied: ["0001_users", "0002_plan"] });
  expect((await again.execute("SELECT name, plan FROM users")).rows[0]).toMatchObject({
    name: "Ada; Byron",
    plan: "free",
  });
});
