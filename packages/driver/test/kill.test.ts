import { describe, expect, inject, it } from "vitest";
import { localEngines, openFile, scratchFile, startProgram, valueOf } from "./local-fixture.ts";
import type { LocalEngine } from "./local-fixture.ts";

const rounds = inject("soak") ? 100 : 5;
const partsOfWrite = 3;

describe.each(localEngines)("a process that is killed while it writes on %s", (engine) => {
  it.each(["WAL", "DELETE"])(
    "leaves every acknowledged write and no half one, with journal_mode %s",
    { tags: ["soak"] },
    async (journal) => {
      const file = scratchFile();
      const setUp = openFile(file, { engine });
      await setUp.execute(`PRAGMA journal_mode = ${journal}`);
      await setUp.execute("CREATE TABLE t (id INTEGER, part INTEGER, PRIMARY KEY (id, part))");
      setUp.close();
      const acknowledged = new Set<number>();
      for (let round = 0; round < rounds; round += 1) {
        const acks = await killedAfter(file, engine, round);
        for (const id of acks) acknowledged.add(id);
        const partsOf = await whatIsThere(file, engine);
        expect([...acknowledged].filter((id) => !partsOf.has(id))).toEqual([]);
        expect([...partsOf].filter(([, parts]) => parts !== partsOfWrite)).toEqual([]);
      }
      expect(acknowledged.size).toBeGreaterThan(rounds);
    },
  );
});

/** Lets a process write, kills it, and gives what it had been told by then. */
async function killedAfter(file: string, engine: LocalEngine, round: number): Promise<number[]> {
  const program = startProgram("write-until-killed", file, engine, String(round * 1_000_000));
  // Killed at another point in each round: after 1, 38, 75, … answers.
  const enough = 1 + ((round * 37) % 200);
  const acks: number[] = [];
  for (let line = await program.line(); line !== undefined; line = await program.line()) {
    acks.push(Number(line));
    if (acks.length === enough) program.kill();
  }
  expect(await program.ended).toBeNull();
  return acks;
}

/** How many rows each write has left. */
async function whatIsThere(file: string, engine: LocalEngine): Promise<Map<number, number>> {
  const client = openFile(file, { engine, timeout: 10_000 });
  expect(await valueOf(client, "PRAGMA integrity_check")).toBe("ok");
  const rows = await client.prepare("SELECT id, count(*) FROM t GROUP BY id").values();
  client.close();
  return new Map(rows.map(([id, parts]) => [Number(id), Number(parts)]));
}
