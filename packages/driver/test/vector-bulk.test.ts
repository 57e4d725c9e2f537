import type { Client } from "@litefleet/driver";
import {
  createVectorIndex,
  insertVectors,
  rebuildVectorIndex,
  vectorColumn,
  vectorIndexInfo,
  vectorSearch,
} from "@litefleet/driver/vector";
import { describe, expect, inject, it } from "vitest";
import { openFile, scratchFile, startProgram, valueOf } from "./local-fixture.ts";
import type { Program } from "./local-fixture.ts";

const isLong = inject("soak");
const where = { table: "words", column: "embedding" };

async function createTable(client: Client): Promise<void> {
  await client.execute("PRAGMA journal_mode = WAL");
  await client.execute(`CREATE TABLE words (n INTEGER PRIMARY KEY, ${vectorColumn("embedding", 100)})`);
}

describe("many rows from an async generator", () => {
  it("take no more memory than the first of them", { tags: ["soak"] }, async () => {
    const file = scratchFile();
    const count = isLong ? 1_000_000 : 40_000;
    const client = openFile(file);
    await createTable(client);
    const lines = await linesOf(startProgram("insert-vectors", file, String(count), "keep"));
    const { grownBytes } = JSON.parse(lines.at(-1) ?? "") as { grownBytes: number };
    // Nine tenths of the rows have at least 14 MB in bytes alone, and 360 MB in a long run.
    expect(grownBytes).toBeLessThan((isLong ? 24 : 12) * 2 ** 20);
    expect(await valueOf(client, "SELECT count(*) FROM words")).toBe(count);
  });
});

describe("a process that is killed while it inserts with an index to be built anew", () => {
  const rounds = isLong ? 60 : 4;

  it("leaves the index whole or to be built, and says which", { tags: ["soak"] }, async () => {
    const states = new Set<string>();
    for (let round = 0; round < rounds; round += 1) {
      const file = scratchFile();
      const client = openFile(file, { timeout: 10_000 });
      await createTable(client);
      await insertVectors(client, "words", [{ n: -1, embedding: new Float32Array(100).fill(1) }]);
      const name = await createVectorIndex(client, { ...where, maxNeighbors: 8 });
      const acknowledged = await insertUntilKilled(file, round);
      expect(await valueOf(client, "PRAGMA integrity_check")).toBe("ok");
      const count = Number(await valueOf(client, "SELECT count(*) FROM words"));
      expect(count).toBeGreaterThan(acknowledged);
      const info = await vectorIndexInfo(client, where);
      expect(info).toMatchObject({ name, healthy: info?.isSuspended === false, rows: info?.isSuspended ? 0 : count });
      states.add(info?.isSuspended === true ? "to be built" : "whole");
      const search = { ...where, vector: new Float32Array(100).fill(1), k: 1, index: name };
      expect(await vectorSearch(client, search)).toMatchObject([{ n: -1 }]);
      await rebuildVectorIndex(client, where);
      const after = await vectorIndexInfo(client, where);
      expect(after).toMatchObject({ name, rows: count, healthy: true, isSuspended: false, options: info?.options });
      client.close();
    }
    expect(states).toContain("to be built");
  });
});

/** Kills a process that inserts 1,000 rows: after so many batches, or some milliseconds after the last one. */
async function insertUntilKilled(file: string, round: number): Promise<number> {
  const program = startProgram("insert-vectors", file, "1000", "rebuild");
  const enough = [100, 1_000, 500, 1_000][round % 4]!;
  let acknowledged = 0;
  for (let line = await program.line(); line !== undefined && /^\d+$/u.test(line); line = await program.line()) {
    acknowledged = Number(line);
    if (acknowledged < enough) continue;
    if (enough === 1_000) await new Promise((resolve) => setTimeout(resolve, (round * 37) % 300));
    break;
  }
  program.kill();
  await program.ended;
  return acknowledged;
}

async function linesOf(program: Program): Promise<string[]> {
  const lines: string[] = [];
  for (let line = await program.line(); line !== undefined; line = await program.line()) lines.push(line);
  expect(await program.ended).toBe(0);
  return lines;
}
