import { join } from "node:path";
import { startFaultProxy } from "@litefleet/testing";
import { expect, inject, test } from "vitest";
import type { Client } from "../src/index.ts";
import { startProgram } from "./local-fixture.ts";
import { offlineWorld, rowsOf } from "./offline-fixture.ts";
import type { OfflineWorld } from "./offline-fixture.ts";

const rounds = inject("soak") ? 300 : 14;
const kills = inject("soak") ? 60 : 3;
const seed = Number(process.env["LITEFLEET_SEED"] ?? Date.now() % 1_000_000);

const counters = 4;
const schema = [
  "CREATE TABLE counters (id TEXT PRIMARY KEY, n INTEGER NOT NULL)",
  "CREATE TABLE entries (id TEXT PRIMARY KEY, body TEXT)",
  ...Array.from({ length: counters }, (_, i) => `INSERT INTO counters VALUES ('c${i}', 0)`),
];

test("an answer that is lost after the primary has committed does not make a push repeat anything", async () => {
  const world = await offlineWorld(...schema);
  await using proxy = await startFaultProxy({ target: world.server.url });
  const a = world.open("a", { syncUrl: proxy.url });
  await a.execute("INSERT INTO entries VALUES ('one', 'x')");
  await a.execute("UPDATE counters SET n = n + 1");
  proxy.cutAfter({ direction: "response", bytes: 0 });
  await expect(a.push()).rejects.toMatchObject({ code: "PRIMARY_UNREACHABLE" });
  expect(await world.atPrimary("SELECT sum(n) FROM counters")).toEqual([[counters]]);
  expect(a.status().pending).toBe(1 + counters);
  await a.execute("UPDATE counters SET n = n + 1 WHERE id = 'c0'");
  expect(await a.push()).toEqual({ pushed: 1, rejected: 0 });
  expect(a.status()).toMatchObject({ pending: 0, offline: { conflicts: 0 } });
  await a.pull();
  expect(await rowsOf(a, "SELECT sum(n) FROM counters")).toEqual([[counters + 1]]);
  expect(await world.atPrimary("SELECT sum(n) FROM counters")).toEqual([[counters + 1]]);
});

test("a silent primary holds nothing up but the push, and closing ends that", async () => {
  const world = await offlineWorld(...schema);
  await using proxy = await startFaultProxy({ target: world.server.url });
  const a = world.open("a", { syncUrl: proxy.url });
  await a.execute("INSERT INTO entries VALUES ('one', 'x')");
  proxy.blackhole();
  const pushing = a.push();
  await a.execute("INSERT INTO entries VALUES ('two', 'x')");
  expect(await rowsOf(a, "SELECT id FROM entries ORDER BY id")).toEqual([["one"], ["two"]]);
  a.close();
  await expect(pushing).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  proxy.heal();
  const again = world.open("a");
  expect(await again.push()).toEqual({ pushed: 2, rejected: 0 });
});

test("two clients on a network and a primary that fail lose nothing", { tags: ["soak"] }, async () => {
  const world = await offlineWorld(...schema);
  const random = randomFrom(seed);
  await using proxy = await startFaultProxy({ target: world.server.url });
  const names = ["a", "b"];
  const clients = names.map((name) => world.open(name, { syncUrl: proxy.url }));
  const done = { increments: 0, entries: [] as string[] };
  for (let round = 0; round < rounds; round += 1) {
    const at = Math.floor(random() * 2);
    const client = clients[at]!;
    for (let i = 0; i < 3; i += 1) await write(client, `${names[at]}-${round}-${i}`, random, done);
    const fault = random();
    if (fault < 0.6) {
      const direction = random() < 0.5 ? "request" : "response";
      proxy.cutAfter({ direction, bytes: Math.floor(random() ** 2 * 20_000) });
    } else if (fault < 0.75) {
      void world.server.kill();
    }
    const syncing = Promise.allSettled([random() < 0.5 ? client.push() : client.sync()]);
    await write(client, `${names[at]}-${round}-during`, random, done);
    const [outcome] = await syncing;
    const code = outcome.status === "rejected" ? (outcome.reason as { readonly code: string }).code : "none";
    expect(["none", "PRIMARY_UNREACHABLE", "SERVER_ERROR"], `seed ${seed}, round ${round}`).toContain(code);
    proxy.heal();
    if (fault >= 0.6 && fault < 0.75) await world.server.restart();
    if (random() < 0.15) {
      client.close();
      clients[at] = world.open(names[at]!, { syncUrl: proxy.url });
    }
  }
  await settle(world, clients);
  await expectAllThere(world, clients, done, 0);
});

test("a process that is killed amid pushes and pulls loses nothing", { tags: ["soak"] }, async () => {
  const world = await offlineWorld(...schema);
  const random = randomFrom(seed);
  const other = world.open("other");
  const done = { increments: 0, entries: [] as string[] };
  const file = join(world.folder, "killed.db");
  for (let round = 0; round < kills; round += 1) {
    const program = startProgram("offline-until-killed", file, world.server.url, String(round));
    const enough = 5 + Math.floor(random() * 40);
    let acks = 0;
    for (let line = await program.line(); line !== undefined; line = await program.line()) {
      acks += 1;
      if (line === "+1") done.increments += 1;
      else done.entries.push(line);
      if (acks % 10 === 0) {
        await write(other, `other-${round}-${acks}`, random, done);
        await other.sync();
      }
      if (acks >= enough) program.kill();
    }
    await program.ended;
  }
  const killed = world.open("killed");
  await settle(world, [killed, other]);
  // What was under way at a kill may have happened.
  await expectAllThere(world, [killed, other], done, kills);
});

interface Done {
  increments: number;
  readonly entries: string[];
}

/** A write that is not answered did not happen; one that is, is counted. */
async function write(client: Client, id: string, random: () => number, done: Done): Promise<void> {
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

async function settle(world: OfflineWorld, clients: readonly Client[]): Promise<void> {
  await world.server.restart();
  for (const client of clients) await client.sync();
  for (const client of clients) await client.pull();
}

async function expectAllThere(
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

function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
