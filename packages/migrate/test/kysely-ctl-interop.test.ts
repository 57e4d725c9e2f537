import { execFile } from "node:child_process";
import { symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { down, migrate, status } from "../src/index.ts";
import { openFile, schemaOf, writeFiles } from "./scratch.ts";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));

const create = (table: string): string => `import type { Kysely } from "kysely";
export async function up(db: Kysely<any>): Promise<void> {
  await db.schema.createTable("${table}").addColumn("id", "integer", (column) => column.primaryKey()).execute();
}
export async function down(db: Kysely<any>): Promise<void> {
  await db.schema.dropTable("${table}").execute();
}
`;
const names = ["001_ada", "002_bea", "003_cleo"];

test("kysely-ctl and a run here agree on what is applied, whoever applied it", { timeout: 300_000 }, async () => {
  const dir = await writeFiles(Object.fromEntries(names.map((name) => [`${name}.ts`, create(name.slice(4))])));
  const folder = path.dirname(dir);
  await symlink(path.join(packageFolder, "node_modules"), path.join(folder, "node_modules"));
  await writeFile(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const config = `import { LitefleetDialect } from "@litefleet/kysely-dialect";
import { defineConfig } from "kysely-ctl";
export default defineConfig({
  dialect: new LitefleetDialect({ url: "file:app.db" }),
  migrations: { migrationFolder: ${JSON.stringify(path.basename(dir))} },
});
`;
  await writeFile(path.join(folder, "kysely.config.ts"), config);
  const kysely = async (command: string): Promise<void> => {
    const flags = ["--no-outdated-check", "--no-filesystem-caching"];
    await promisify(execFile)(path.join(packageFolder, "node_modules/.bin/kysely"), [command, ...flags], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: "1" },
    });
  };
  const client = openFile(path.join(folder, "app.db"));
  const tables = async (): Promise<string[]> =>
    (await schemaOf(client)).flatMap((sql) => /\b(?:ada|bea|cleo)\b/u.exec(sql)?.[0] ?? []).toSorted();

  await kysely("migrate:up");
  expect(await status(client, { dir })).toMatchObject({ applied: names.slice(0, 1), pending: names.slice(1) });
  expect(await migrate(client, { dir })).toMatchObject({ applied: names.slice(1) });
  // Nothing is left for it: a second run of any of them would fail.
  await kysely("migrate:latest");
  expect(await tables()).toEqual(["ada", "bea", "cleo"]);
  await kysely("migrate:down");
  expect(await status(client, { dir })).toMatchObject({ applied: names.slice(0, 2), pending: names.slice(2) });
  expect(await down(client, { dir })).toMatchObject({ reverted: ["002_bea"] });
  expect(await tables()).toEqual(["ada"]);
  client.close();
});
