import { DatabaseSync } from "node:sqlite";
import { expect, inject, it } from "vitest";
import type { Client } from "@litefleet/driver";
import { openFile, scratchFile, startProgram } from "./local-fixture.ts";

const runMs = inject("soak") ? 60_000 : 5_000;
const accounts = 100;

it(
  "kills a process of concurrent transactions again and again, and finds the sums right",
  { tags: ["soak"] },
  async () => {
    const file = scratchFile();
    const setUp = openTurso(file);
    await setUp.executeMultiple(`CREATE TABLE acc (id INTEGER PRIMARY KEY, n INTEGER);
    CREATE TABLE transfers (id INTEGER PRIMARY KEY, giver INTEGER, taker INTEGER);
    INSERT INTO acc SELECT value, 100 FROM generate_series(0, ${accounts - 1});`);
    setUp.close();
    const acknowledged = new Set<number>();
    const startedAt = performance.now();
    let kills = 0;
    while (performance.now() - startedAt < runMs) {
      const seed = 1 + kills * 7_919;
      const program = startProgram("transfer-until-killed", file, String(kills * 1_000_000), String(seed));
      // Killed at another point in each round, a second to four after its first answer in a long run.
      const livesMs = inject("soak") ? 1_000 + ((kills * 977) % 3_000) : 200 + ((kills * 377) % 800);
      let timer: ReturnType<typeof setTimeout> | undefined;
      for (let line = await program.line(); line !== undefined; line = await program.line()) {
        acknowledged.add(Number(line));
        timer ??= setTimeout(() => program.kill(), livesMs);
      }
      expect(await program.ended).toBeNull();
      kills += 1;
      await expectWhole(openTurso(file), acknowledged, `after kill ${kills}, seed ${seed}`);
    }
    expect(acknowledged.size).toBeGreaterThan(kills);
    const last = openTurso(file);
    expect(await last.journalMode("wal")).toBe("wal");
    last.close();
    const sqlite = new DatabaseSync(file);
    expect(sqlite.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    expect(sqlite.prepare("SELECT sum(n) AS s FROM acc").get()).toEqual({ s: accounts * 100 });
    sqlite.close();
  },
);

function openTurso(file: string): Client {
  return openFile(file, { engine: "turso" });
}

/** Each account has what the transfers say, and each transfer that was acknowledged is there. */
async function expectWhole(client: Client, acknowledged: ReadonlySet<number>, when: string): Promise<void> {
  const values = (sql: string): Promise<unknown[][]> => client.prepare(sql).values();
  expect(await values("PRAGMA integrity_check"), when).toEqual([["ok"]]);
  expect(await values("SELECT sum(n), count(*) FROM acc"), when).toEqual([[accounts * 100, accounts]]);
  const balances = new Map<unknown, number>();
  const there = new Set<unknown>();
  for (const [id, giver, taker] of await values("SELECT id, giver, taker FROM transfers")) {
    there.add(id);
    balances.set(giver, (balances.get(giver) ?? 100) - 1);
    balances.set(taker, (balances.get(taker) ?? 100) + 1);
  }
  const wrong = (await values("SELECT id, n FROM acc")).filter(([id, n]) => n !== (balances.get(id) ?? 100));
  expect(wrong, when).toEqual([]);
  expect(
    [...acknowledged].filter((id) => !there.has(id)),
    when,
  ).toEqual([]);
  client.close();
}
