import path from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@litefleet/driver";
import type { Client, LocalEngineName } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import { describe, expect, inject, test } from "vitest";
import { migrate, status, verify } from "../src/index.ts";
import { startNode } from "./run-node.ts";
import { countsOf, openFile, scratchFolder, writeFolder } from "./scratch.ts";

/** How often a process is killed in the middle of a commit, for each kind of database. */
const rounds = inject("soak") ? 100 : 1;
/** Every boundary is met in a long campaign; a process takes its second, so a short one meets few. */
const stride = inject("soak") ? 1 : 8;
const scopes = inject("soak") ? ["all", "file", "none"] : ["all"];

const program = fileURLToPath(new URL("./testdata/migrate-and-die.ts", import.meta.url));

/** Three migrations; a part that ran twice or not at all leaves other counts. The second one rebuilds a parent table. */
const files = {
  "0000_base":
    "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);\nCREATE TABLE c (p REFERENCES p (id) ON DELETE CASCADE);\n" +
    "INSERT INTO p VALUES (1, 'a'), (2, 'b');\nINSERT INTO c VALUES (1), (1), (2);",
  "0001_rebuild":
    "PRAGMA foreign_keys=OFF;\nCREATE TABLE n (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\nINSERT INTO n SELECT id, name FROM p;\n" +
    "DROP TABLE p;\nALTER TABLE n RENAME TO p;\nPRAGMA foreign_keys=ON;",
  "0002_count":
    "CREATE TABLE counter (n);\nINSERT INTO counter VALUES (0);\nUPDATE counter SET n = n + 1;\nINSERT INTO c VALUES (2);",
};
const names = Object.keys(files);
const dirOfMigrations = writeFolder(files);

/** Where the database stands: at a boundary, and `rows` are those of that boundary. */
async function checkBoundary(client: Client, dir: string): Promise<void> {
  const { applied, state } = await status(client, { dir });
  expect(state).not.toBe("diverged");
  expect(applied).toEqual(names.slice(0, applied.length));
  const { rows } = await client.execute(
    "SELECT name FROM sqlite_schema WHERE name IN ('p', 'c', 'n', 'counter') ORDER BY name",
  );
  const tables = rows.map((row) => row["name"]);
  expect(tables).toEqual([[], ["c", "p"], ["c", "p"], ["c", "counter", "p"]][applied.length]);
  const counts = applied.length === 0 ? {} : await countsOf(client, "p", "c");
  expect(counts).toEqual([{}, { p: 2, c: 3 }, { p: 2, c: 3 }, { p: 2, c: 4 }][applied.length]);
}

async function finish(client: Client, dir: string): Promise<void> {
  await migrate(client, { dir });
  expect(await verify(client, { dir })).toMatchObject({ ok: true, state: "up-to-date" });
  expect(await countsOf(client, "p", "c", "counter", "__drizzle_migrations")).toEqual({
    p: 2,
    c: 4,
    counter: 1,
    __drizzle_migrations: 3,
  });
  expect((await client.execute("SELECT n FROM counter")).rows.map((row) => row["n"])).toEqual([1]);
}

describe.each(["libsql", "sqlite", "turso"] as const)("%s", (engine: LocalEngineName) => {
  test.each(scopes)(
    "a kill before any statement leaves a boundary, and the next run finishes (tx %s)",
    { tags: ["soak"] },
    async (tx) => {
      const dir = await dirOfMigrations;
      for (let at = 0; ; at += stride) {
        const file = path.join(await scratchFolder(), "tenant.db");
        const { stdout } = await startNode([program, dir, `file:${file}`, engine, tx, String(at)]).ended;
        const client = openFile(file, { engine });
        // Without transactions it is the boundary of a statement, from which the next run goes on.
        if (tx !== "none") await checkBoundary(client, dir);
        await finish(client, dir);
        client.close();
        if (stdout === "done\n") break;
      }
    },
  );

  test(
    "a kill in the middle of a commit leaves a boundary, and the next run finishes",
    { tags: ["soak"] },
    async () => {
      const dir = await dirOfMigrations;
      for (let round = 0; round < rounds; round += 1) {
        const file = path.join(await scratchFolder(), "tenant.db");
        const running = startNode([program, dir, `file:${file}`, engine, round % 2 === 0 ? "all" : "file", "commit"]);
        await running.says("committing");
        await new Promise((resolve) => {
          setTimeout(resolve, round % 7);
        });
        running.kill("SIGKILL");
        await running.ended;
        const client = openFile(file, { engine });
        await checkBoundary(client, dir);
        await finish(client, dir);
        client.close();
      }
    },
  );
});

test(
  "sqld: a kill of the client at any moment leaves a boundary, and the next run finishes",
  { tags: ["soak"] },
  async () => {
    const dir = await dirOfMigrations;
    await using server = await startSqld({ namespaces: true });
    for (let round = 0; round < rounds; round += 1) {
      const name = `kill${round}`;
      await server.createNamespace(name);
      const running = startNode([program, dir, server.url, "libsql", round % 2 === 0 ? "all" : "file", "commit"], {
        env: { SQLD_NAMESPACE: name },
      });
      await running.says("committing\ncommitting");
      await new Promise((resolve) => {
        setTimeout(resolve, round % 11);
      });
      running.kill("SIGKILL");
      await running.ended;
      await using client = createClient(server.clientConfig(name));
      await checkBoundary(client, dir);
      await finish(client, dir);
      await server.deleteNamespace(name);
    }
  },
);
