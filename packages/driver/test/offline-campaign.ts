import { expect } from "vitest";
import type { Client } from "../src/index.ts";
import { rowsOf } from "./offline-fixture.ts";
import type { OfflineWorld } from "./offline-fixture.ts";

/** Where chance begins; a failure prints it. */
export const seed = Number(process.env["LITEFLEET_SEED"] ?? Date.now() % 1_000_000);

const counters = 4;

/** Counters that all clients increment, and entries that each makes for itself. */
export const schema = [
  "CREATE TABLE counters (id TEXT PRIMARY KEY, n INTEGER NOT NULL)",
  "CREATE TABLE entries (id TEXT PRIMARY KEY, body TEXT)",
  ...Array.from({ length: counters }, (_, i) => `INSERT INTO counters VALUES ('c${i}', 0)`),
];

/** What was answered. */
export interface Done {
  increments: number;
  readonly entries: string[];
}

/** A write that is not answered did not happen; one that is, is counted. */
export async function write(client: Client, id: string, random: () => number, done: Done): Promise<void> {
  const counter = `c${Math.floor(random() * counters)}`;
  const kind = random();
  if (kind < 0.4) {
    await client.execute("UPDATE counters SET n = n + 1 WHERE id = ?", [counter]);
    done.increments += 1;
  } else if (kind < 0.6) {
    await client.execute("INSERT INTO counters VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET n = n + 1", [counter]);
    done.increments += 1;
  } else {
    const rows = Array.from({ length: kind < 0.7 ? 40 : 1 }, (_, i) => `${id}.${i}`);
    await client.batch(
      rows.map((row) => ["INSERT INTO entries VALUES (?, ?)", [row, "x".repeat(200)]]),
      "write",
    );
    done.entries.push(...rows);
  }
}

/** Brings everybody to the same state. */
export async function settle(world: OfflineWorld, clients: readonly Client[]): Promise<void> {
  await world.server.restart();
  for (const client of clients) await client.sync();
  for (const client of clients) await client.pull();
}

/**
 * Nothing that was answered is missing, and all are equal.
 *
 * @param tolerance increments that may have happened without an answer.
 */
export async function expectAllThere(
  world: OfflineWorld,
  clients: readonly Client[],
  done: Done,
  tolerance: number,
): Promise<void> {
  const told = `seed ${seed}`;
  const conflicts = (await Promise.all(clients.map((client) => client.conflicts()))).flat();
  const changes = conflicts.flatMap((conflict) => conflict.changes);
  const refused = new Set(changes.filter(({ table }) => table === "entries").map(({ key }) => String(key["id"])));
  const there = new Set((await world.atPrimary("SELECT id FROM entries")).map(([id]) => String(id)));
  expect(
    done.entries.filter((id) => !there.has(id) && !refused.has(id)),
    told,
  ).toEqual([]);
  const total = Number((await world.atPrimary("SELECT sum(n) FROM counters"))[0]?.[0]);
  const missing = done.increments - total - changes.filter(({ table }) => table === "counters").length;
  expect(missing, told).toBeLessThanOrEqual(0);
  expect(missing, told).toBeGreaterThanOrEqual(-tolerance);
  for (const client of clients) {
    expect(client.status().pending, told).toBe(0);
    for (const sql of ["SELECT * FROM counters ORDER BY id", "SELECT * FROM entries ORDER BY id"]) {
      expect(await rowsOf(client, sql), told).toEqual(await world.atPrimary(sql));
    }
    expect(await rowsOf(client, "PRAGMA integrity_check"), told).toEqual([["ok"]]);
  }
}

/** Chance that can be repeated. */
export function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
