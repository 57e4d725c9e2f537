import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startNode } from "./run-node.ts";
import { countsOf, openFile, scratchFolder, writeFolder } from "./scratch.ts";

const program = fileURLToPath(new URL("./testdata/migrate-when-told.ts", import.meta.url));
const processes = 8;

/** Applying a part twice would either fail (CREATE) or leave more rows than one (INSERT). */
const dirOfCounters = writeFolder({
  "0000_counter": "CREATE TABLE counter (n INTEGER NOT NULL); INSERT INTO counter VALUES (0);",
  "0001_add": "UPDATE counter SET n = n + 1;",
  "0002_note": "CREATE TABLE note (x); INSERT INTO note VALUES ('once');",
  "0003_add": "UPDATE counter SET n = n + 10;",
});

test.each(["libsql", "sqlite"])(
  "8 processes started together apply each migration once (%s)",
  async (engine) => {
    const dir = await dirOfCounters;
    for (let round = 0; round < 3; round += 1) {
      const file = path.join(await scratchFolder(), "tenant.db");
      // In every other round the file exists already.
      if (round % 2 === 1) await openFile(file).execute("CREATE TABLE other (x)");
      const started = Array.from({ length: processes }, () => startNode([program, dir, file, engine]));
      await Promise.all(started.map((process) => process.says("ready")));
      for (const process of started) process.go();
      const ended = await Promise.all(started.map((process) => process.ended));
      expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
        ended.map(() => ({ code: 0, stderr: "ready\n" })),
      );
      const applied = ended.flatMap(({ stdout }) => JSON.parse(stdout) as string[]);
      expect(applied.toSorted()).toEqual(["0000_counter", "0001_add", "0002_note", "0003_add"]);
      const client = openFile(file);
      expect((await client.execute("SELECT n FROM counter")).rows.map((row) => row["n"])).toEqual([11]);
      expect(await countsOf(client, "note", "__drizzle_migrations")).toEqual({ note: 1, __drizzle_migrations: 4 });
    }
  },
  120_000,
);
