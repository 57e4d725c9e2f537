import { startFaultProxy } from "@litefleet/testing";
import { expect, inject, test } from "vitest";
import { expectAllThere, randomFrom, schema, seed, settle, write } from "./offline-campaign.ts";
import { offlineWorld, rowsOf } from "./offline-fixture.ts";

const rounds = inject("soak") ? 300 : 12;
const cutEvery = inject("soak") ? 37 : 700;
const counters = 4;

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

test("a push and a pull that are cut at any byte are done by the next", { tags: ["soak"] }, async () => {
  const world = await offlineWorld(...schema);
  await using proxy = await startFaultProxy({ target: world.server.url });
  const [cut, other] = [world.open("cut", { syncUrl: proxy.url }), world.open("other")];
  const done = { increments: 0, entries: [] as string[] };
  const random = randomFrom(seed);
  for (const direction of ["request", "response"] as const) {
    for (const call of ["push", "pull"] as const) {
      for (let bytes = 0; bytes < 5_000; bytes += cutEvery) {
        await write(cut, `cut-${direction}-${call}-${bytes}`, random, done);
        await write(other, `other-${direction}-${call}-${bytes}`, random, done);
        await other.sync();
        proxy.cutAfter({ direction, bytes });
        await Promise.allSettled([cut[call]()]);
        proxy.heal();
      }
    }
  }
  await settle(world, [cut, other]);
  await expectAllThere(world, [cut, other], done, 0);
  expect(done.entries.length).toBeGreaterThan(0);
});
