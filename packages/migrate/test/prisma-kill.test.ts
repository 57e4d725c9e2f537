import { stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@litefleet/driver";
import { expect, inject, test } from "vitest";
import { withPrismaEngine } from "./prisma-engine.ts";
import { createProject } from "./prisma-project.ts";
import { startCli } from "./run-node.ts";
import { countsOf } from "./scratch.ts";

const rounds = inject("soak") ? 50 : 1;

/** Big enough for a kill to come in the middle of it. */
const manyRows =
  "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i, hex(zeroblob(100)) FROM n";

/** Keeps the transaction open for about a second, however late the kill comes. */
const muchTime =
  'DELETE FROM "Big" WHERE 0 = (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT count(*) FROM n)';

/** Resolves as soon as pages of the open transaction have been written, to the file or to its log. */
async function hasBegun(file: string, isOver: () => boolean): Promise<void> {
  const sizeOf = async (name: string): Promise<number> =>
    stat(name).then(
      (found) => found.size,
      () => 0,
    );
  while ((await sizeOf(file)) + (await sizeOf(`${file}-wal`)) < 1_000_000) {
    if (isOver()) throw new Error("It ended before it could be killed");
    await sleep(5);
  }
}

test(
  "a deploy that is killed has done nothing, and the next one does all of it",
  { tags: ["soak"], timeout: 120_000 },
  async () => {
    for (let round = 0; round < rounds; round += 1) {
      const project = await createProject((root) => `file:${path.join(root, "live.db")}`, { packages: false });
      const file = project.url.slice("file:".length);
      const names = ["20260101000000_table", "2026010500000_rows"];
      await project.add(names[0]!, 'CREATE TABLE "Big" ("id" INTEGER NOT NULL PRIMARY KEY, "text" TEXT NOT NULL);\n');
      await project.add(names[1]!, `INSERT INTO "Big" ${manyRows};\n${muchTime};\n`);
      const deploy = startCli([
        "prisma",
        "deploy",
        "--allow-destructive",
        "--config",
        path.join(project.root, "prisma.config.ts"),
      ]);
      let isOver = false;
      const ended = deploy.ended.finally(() => (isOver = true));
      await hasBegun(file, () => isOver);
      deploy.kill("SIGKILL");
      expect((await ended).code).toBe(null);
      expect(await project.json(2, "status")).toMatchObject({
        state: "pending",
        applied: [],
        pending: names,
        failed: [],
      });
      expect(await project.json(0, "deploy", "--allow-destructive")).toMatchObject({
        state: "migrated",
        applied: names,
      });
      {
        await using client = createClient({ url: project.url });
        expect(await countsOf(client, "Big", "_prisma_migrations")).toEqual({ Big: 50_000, _prisma_migrations: 2 });
      }
      const diagnosis = await withPrismaEngine(file, await project.texts(), (engine) => engine.diagnose());
      expect(diagnosis).toMatchObject({ history: null, failedMigrationNames: [], editedMigrationNames: [] });
    }
  },
);
