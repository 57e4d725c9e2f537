import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, createFleet, FleetError, LibsqlError } from "@litefleet/driver";
import type { Client, Fleet, FleetOptions, FleetTenant, Transaction } from "@litefleet/driver";
import { describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import { expectCode, valueOf } from "./local-fixture.ts";

interface Watched {
  readonly fleet: Fleet;
  readonly folder: string;
  /** Names in the order in which their databases were opened. */
  readonly opened: string[];
  /** Those that are open now. */
  openNow(): string[];
}

/** A fleet of files in a folder of its own, whose openings are watched. */
function openFleet(options: Partial<FleetOptions> = {}): Watched {
  const folder = mkdtempSync(join(tmpdir(), "litefleet-fleet-"));
  const opened: string[] = [];
  const clients: { name: string; client: Client }[] = [];
  const fleet = createFleet({
    tenants: (name) => ({ url: `file:${join(folder, `${name}.db`)}` }),
    open: (tenant) => {
      opened.push(tenant.name);
      const client = createClient(tenant);
      clients.push({ name: tenant.name, client });
      return client;
    },
    ...options,
  });
  onTestFinished(async () => {
    await fleet.close({ timeoutMs: 0 });
    rmSync(folder, { recursive: true, force: true });
  });
  const openNow = (): string[] => clients.filter(({ client }) => !client.closed).map(({ name }) => name);
  return { fleet, folder, opened, openNow };
}

const one = (client: Client): Promise<unknown> => valueOf(client, "SELECT 1");

describe("opening", () => {
  test("happens at first use, once for all who ask at the same time", async () => {
    const { fleet, opened } = openFleet();
    expect(opened).toEqual([]);
    const [client] = await Promise.all([fleet.client("a"), fleet.client("a"), fleet.run("a", one)]);
    await client.execute("CREATE TABLE t (x)");
    expect(await fleet.run("a", (same) => valueOf(same, "SELECT count(*) FROM t"))).toBe(0);
    expect(opened).toEqual(["a"]);
    expect(fleet.status()).toEqual({ closed: false, open: 1, inUse: 0, waiting: 0 });
  });

  test("closes the one that was idle for longest when maxOpen are open", async () => {
    const { fleet, opened, openNow } = openFleet({ maxOpen: 2 });
    await fleet.run("a", one);
    await fleet.run("b", one);
    await fleet.run("a", one);
    await fleet.run("c", one);
    expect(openNow()).toEqual(["a", "c"]);
    await fleet.run("b", one);
    expect(opened).toEqual(["a", "b", "c", "b"]);
    expect(openNow()).toEqual(["c", "b"]);
  });

  test("never closes one that is in use: the next waits, and gives up after timeoutMs", async () => {
    const { fleet, openNow } = openFleet({ maxOpen: 1 });
    const { promise, resolve } = Promise.withResolvers<void>();
    const busy = fleet.run("a", async (client) => {
      await promise;
      return one(client);
    });
    const waits = fleet.run("b", one);
    const error = await expectCode(fleet.client("c", { timeoutMs: 20 }), "TIMEOUT");
    expect(error).toMatchObject({ isRetryable: true });
    await expectCode(fleet.client("d", { signal: AbortSignal.timeout(10) }), "ABORTED");
    expect(openNow()).toEqual(["a"]);
    expect(fleet.status()).toMatchObject({ open: 1, inUse: 1 });
    resolve();
    expect(await Promise.all([busy, waits])).toEqual([1, 1]);
    // Those that gave up were not opened for nobody.
    expect(openNow()).toEqual(["b"]);
    expect(fleet.status()).toMatchObject({ open: 1, inUse: 0, waiting: 0 });
  });

  test("closes what nobody has used for idleMs", async () => {
    const { fleet, openNow } = openFleet({ idleMs: 30 });
    const client = await fleet.client("a");
    await expect.poll(openNow).toEqual([]);
    expect(fleet.status().open).toBe(0);
    expect(client.closed).toBe(false);
    expect(await one(client)).toBe(1);
    const { fleet: eager, openNow: openOfEager } = openFleet({ idleMs: 0 });
    await eager.run("a", one);
    expect(openOfEager()).toEqual([]);
  });

  test("runs onOpen before anybody, after each opening, and tries again after a failure", async () => {
    const runs: string[] = [];
    const { fleet, openNow } = openFleet({
      maxOpen: 1,
      async onOpen(client, tenant) {
        runs.push(tenant.name);
        if (runs.length === 1) throw new Error("not yet");
        await client.execute("CREATE TABLE IF NOT EXISTS ready (x)");
      },
    });
    const both = await Promise.allSettled([fleet.run("a", one), fleet.run("a", one)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(openNow()).toEqual([]);
    expect(await fleet.run("a", (client) => valueOf(client, "SELECT count(*) FROM ready"))).toBe(0);
    await fleet.run("b", one);
    await fleet.run("a", one);
    expect(runs).toEqual(["a", "a", "b", "a"]);
  });
});

describe("tenants", () => {
  test("are found in a list, with what else they hold", async () => {
    interface Customer extends FleetTenant {
      readonly plan: string;
    }
    const tenants: Customer[] = [
      { name: "acme corp", url: ":memory:", plan: "free" },
      { name: "Zürich/1", url: ":memory:", plan: "paid" },
    ];
    await using fleet = createFleet({ tenants });
    const plans = await fleet.map((_, tenant) => {
      expectTypeOf(tenant).toEqualTypeOf<Customer>();
      return tenant.plan;
    });
    expect(plans).toEqual(["free", "paid"]);
    await expectCode(fleet.client("other"), "TENANT_UNKNOWN");
  });

  test("are found by an async function, which may know no such name", async () => {
    const asked: string[] = [];
    const { fleet } = openFleet({
      async tenants(name) {
        asked.push(name);
        return name === "a" ? { name, url: ":memory:" } : undefined;
      },
    });
    await fleet.run("a", one);
    await fleet.run("a", one);
    await expectCode(fleet.client("nobody"), "TENANT_UNKNOWN");
    expect(asked).toEqual(["a", "nobody"]);
    expect(fleet.status()).toMatchObject({ open: 1, waiting: 0 });
  });

  test.each(["", ".", "..", "../a", "a/b", "a\\b", "a..b", ".a", "a.", "a\0", "a b", "a%2fb", "ä", "x".repeat(129)])(
    "the name %j never reaches a function",
    async (name) => {
      const { fleet, opened, folder } = openFleet();
      await expectCode(fleet.client(name), "TENANT_INVALID");
      await expectCode(fleet.run(name, one), "TENANT_INVALID");
      await expectCode(fleet.map(one, { names: ["a", name] }), "TENANT_INVALID");
      // @ts-expect-error no text
      await expectCode(fleet.client(7), "TENANT_INVALID");
      expect(opened).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test("with a fault are refused, a list at once", async () => {
    const url = ":memory:";
    const code = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return error instanceof LibsqlError ? error.code : (error as Error).name;
      }
    };
    expect(
      code(() =>
        createFleet({
          tenants: [
            { name: "a", url },
            { name: "a", url },
          ],
        }),
      ),
    ).toBe("TENANT_INVALID");
    expect(code(() => createFleet({ tenants: [{ name: "a\n", url }] }))).toBe("TENANT_INVALID");
    expect(code(() => createFleet({ tenants: [{ name: "a", url: "" }] }))).toBe("TENANT_INVALID");
    // @ts-expect-error neither a list nor a function
    expect(code(() => createFleet({ tenants: "a" }))).toBe("TypeError");
    // @ts-expect-error nothing
    expect(code(() => createFleet())).toBe("TypeError");
    for (const options of [{ maxOpen: 0 }, { maxOpen: 1.5 }, { idleMs: -1 }, { idleMs: Number.NaN }]) {
      expect(code(() => createFleet({ tenants: [], ...options }))).toBe("RangeError");
    }
    // @ts-expect-error no function
    expect(code(() => createFleet({ tenants: [], open: "x" }))).toBe("TypeError");
    await expectCode(createFleet({ tenants: () => ({ name: "b", url }) }).client("a"), "TENANT_INVALID");
    await expectCode(createFleet({ tenants: () => ({ url: "" }) }).client("a"), "TENANT_INVALID");
  });
});

describe("a client of a tenant", () => {
  test("goes on after its database was closed for another, with its prepared statements", async () => {
    const { fleet, opened } = openFleet({ maxOpen: 1 });
    const client = await fleet.client("a");
    await client.batch(["CREATE TABLE t (x)", "INSERT INTO t VALUES (1), (2)"], "write");
    const count = client.prepare("SELECT count(*) AS n FROM t WHERE x > ?");
    expect(await count.get([0])).toEqual({ n: 2 });
    await fleet.run("b", one);
    expect(client.status()).toMatchObject({ closed: false, openConnections: 0, engine: "libsql" });
    expect(await count.values([1])).toEqual([[1]]);
    expect(await count.first([1])).toEqual([1]);
    await fleet.run("b", one);
    expect(await Array.fromAsync(client.iterate("SELECT x FROM t"))).toEqual([{ x: 1 }, { x: 2 }]);
    const chunks = await Array.fromAsync(client.prepare("SELECT x FROM t").chunks([], { chunkSize: 1 }));
    expect(chunks.map(({ rows }) => rows)).toEqual([[[1]], [[2]]]);
    await client.executeMultiple("DELETE FROM t; DELETE FROM t");
    expect(opened).toEqual(["a", "b", "a", "b", "a"]);
    expect(() => client.prepare(" ")).toThrow(LibsqlError);
  });

  test("is in use while a transaction or an iteration is open", async () => {
    const { fleet, openNow } = openFleet({ maxOpen: 1 });
    const client = await fleet.client("a");
    await client.execute("CREATE TABLE t (x)");
    const ends = [
      (tx: Transaction) => tx.commit(),
      (tx: Transaction) => tx.execute("COMMIT"),
      async (tx: Transaction) => tx.close(),
    ];
    for (const end of ends) {
      const tx = await client.transaction("write");
      await tx.execute("INSERT INTO t VALUES (1)");
      await expectCode(fleet.run("b", one, { timeoutMs: 5 }), "TIMEOUT");
      expect(openNow()).toEqual(["a"]);
      await end(tx);
      await fleet.run("b", one);
    }
    await client.transaction(async (tx) => {
      await tx.execute("INSERT INTO t VALUES (1)");
      await expectCode(fleet.run("b", one, { timeoutMs: 5 }), "TIMEOUT");
    });
    for await (const row of client.iterate("SELECT x FROM t")) {
      expect(row).toEqual({ x: 1 });
      await expectCode(fleet.run("b", one, { timeoutMs: 5 }), "TIMEOUT");
    }
    expect(await valueOf(client, "SELECT count(*) FROM t")).toBe(3);
    expect(fleet.status()).toMatchObject({ open: 1, inUse: 0 });
  });

  test("closes for itself alone", async () => {
    const { fleet, openNow } = openFleet();
    const [client, other] = [await fleet.client("a"), await fleet.client("a")];
    client.close();
    expect([client.closed, other.closed]).toEqual([true, false]);
    await expectCode(client.execute("SELECT 1"), "CLIENT_CLOSED");
    expect(await one(other)).toBe(1);
    expect(openNow()).toEqual(["a"]);
    await client.reconnect();
    expect(await one(client)).toBe(1);
  });

  test("hears the events of its database, also of one opened anew", async () => {
    const { fleet } = openFleet({
      maxOpen: 1,
      tenants: (name) => ({ url: `file:${folder}/${name}.db`, engine: "turso" }),
    });
    const folder = mkdtempSync(join(tmpdir(), "litefleet-fleet-events-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const client = await fleet.client("a");
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x)");
    await client.execute("INSERT INTO t VALUES (1, 0)");
    let retries = 0;
    const stop = client.on("retry", () => (retries += 1));
    const conflict = (): Promise<unknown> => {
      let isFirst = true;
      return client.transaction(
        async (tx) => {
          await tx.execute("SELECT x FROM t");
          if (isFirst)
            await client.transaction((other) => other.execute("UPDATE t SET x = x + 1"), { mode: "concurrent" });
          isFirst = false;
          await tx.execute("UPDATE t SET x = x + 1");
        },
        { mode: "concurrent" },
      );
    };
    await conflict();
    expect(retries).toBe(1);
    await fleet.run("b", one);
    await conflict();
    expect(retries).toBe(2);
    stop();
    await conflict();
    expect(retries).toBe(2);
  });

  test("has a position only where there is a primary", async () => {
    const { fleet } = openFleet();
    const client = await fleet.client("a");
    expect(() => client.position()).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    await expectCode(client.sync(), "UNSUPPORTED");
    expect(client.capabilities.vectorIndex).toBe(true);
    expect(client.protocol).toBe("file");
  });
});

describe("map", () => {
  test("runs each tenant once, within its concurrency, and answers in their order", async () => {
    const { fleet } = openFleet({ maxOpen: 3 });
    let running = 0;
    let most = 0;
    const names = Array.from({ length: 20 }, (_, i) => `t${i}`);
    const results = await fleet.map(
      async (client, tenant) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, (20 - Number(tenant.name.slice(1))) / 4));
        await one(client);
        running -= 1;
        return tenant.name;
      },
      { names, concurrency: 50 },
    );
    expect(results).toEqual(names);
    expect(most).toBe(3);
  });

  test("goes on after a failure, and tells what failed and what did not", async () => {
    const { fleet } = openFleet();
    const failure = new Error("no");
    const error: unknown = await fleet
      .map(
        async (_, { name }) => {
          if (name !== "b") return name;
          throw failure;
        },
        { names: ["a", "b", "c", "c"] },
      )
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FleetError);
    expect((error as FleetError).failures).toEqual(new Map([["b", failure]]));
    expect((error as FleetError).errors).toEqual([failure]);
    expect((error as FleetError).results).toEqual(
      new Map([
        ["a", "a"],
        ["c", "c"],
      ]),
    );
  });

  test("starts none after its signal, and needs names where there is no list", async () => {
    const { fleet, opened } = openFleet();
    const abort = new AbortController();
    const error: unknown = await fleet
      .map(() => abort.abort(), { names: ["a", "b", "c"], concurrency: 1, signal: abort.signal })
      .catch((reason: unknown) => reason);
    expect([...(error as FleetError).failures.keys()]).toEqual(["b", "c"]);
    expect((error as FleetError).errors).toMatchObject([{ code: "ABORTED" }, { code: "ABORTED" }]);
    expect(opened).toEqual(["a"]);
    await expect(fleet.map(one)).rejects.toBeInstanceOf(TypeError);
    await expect(fleet.map(one, { names: ["a"], concurrency: 0 })).rejects.toBeInstanceOf(RangeError);
  });
});

describe("close", () => {
  test("takes no more, lets finish what is under way, and closes all", async () => {
    const { fleet, openNow } = openFleet();
    await fleet.run("idle", one);
    const { promise, resolve } = Promise.withResolvers<void>();
    const work = fleet.run("a", async (client) => {
      await promise;
      return one(client);
    });
    const kept = await fleet.client("a");
    const closing = fleet.close();
    expect(openNow()).toEqual(["a"]);
    await expectCode(fleet.run("a", one), "CLIENT_CLOSED");
    await expectCode(kept.execute("SELECT 1"), "CLIENT_CLOSED");
    expect(kept.closed).toBe(true);
    resolve();
    expect(await work).toBe(1);
    await closing;
    expect(openNow()).toEqual([]);
    expect(fleet.status()).toEqual({ closed: true, open: 0, inUse: 0, waiting: 0 });
    await fleet.close();
  });

  test("closes after timeoutMs what does not end, and ends all waiting", async () => {
    const { fleet, openNow } = openFleet({ maxOpen: 1 });
    const tx = await (await fleet.client("a")).transaction("write");
    const waiting = expectCode(fleet.run("b", one), "CLIENT_CLOSED");
    await fleet.close({ timeoutMs: 10 });
    await waiting;
    expect(openNow()).toEqual([]);
    await expect(tx.execute("SELECT 1")).rejects.toBeInstanceOf(LibsqlError);
  });
});

test("a thousand tenants share thirty places: no write is lost and none is closed in use", async () => {
  const { fleet, openNow } = openFleet({
    maxOpen: 30,
    onOpen: (client) => client.execute("CREATE TABLE IF NOT EXISTS hits (n)"),
  });
  const expected = new Map<string, number>();
  let seed = 7;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  let mostOpen = 0;
  const worker = async (): Promise<void> => {
    for (let i = 0; i < 12; i += 1) {
      // Few tenants have most of the calls.
      const name = `t${Math.floor(1_000 ** random()) - 1}`;
      expected.set(name, (expected.get(name) ?? 0) + 1);
      const client = await fleet.client(name);
      await client.execute("INSERT INTO hits VALUES (1)");
      mostOpen = Math.max(mostOpen, openNow().length);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  expect(mostOpen).toBeLessThanOrEqual(30);
  const names = [...expected.keys()];
  const counts = await fleet.map((client) => valueOf(client, "SELECT count(*) FROM hits"), { names });
  expect(counts).toEqual([...expected.values()]);
});
