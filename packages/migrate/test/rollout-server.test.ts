import { createServer, request } from "node:http";
import type { Server } from "node:http";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { createClient } from "@litefleet/driver";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { migrateFleet, openRuns, resumeFleet, verify } from "../src/index.ts";
import type { RunEvent, Tenant } from "../src/index.ts";
import { blogDir, blogMigrations } from "./blog.ts";
import { runCli } from "./run-node.ts";
import { scratchFolder } from "./scratch.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let server: SqldServer;

beforeAll(async () => {
  server = await startSqld({ namespaces: true });
});

afterAll(() => server.stop());

/** New namespaces, reached at `url`. */
async function namespaces(prefix: string, count: number, url = server.url): Promise<Tenant[]> {
  const names = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  for (const name of names) await server.createNamespace(name);
  return names.map((name) => ({ name, url, namespace: name }));
}

async function expectMigrated(tenants: readonly Tenant[]): Promise<void> {
  for (const { name } of tenants) {
    await using client = createClient(server.clientConfig(name));
    expect(await verify(client, { dir: blogDir })).toMatchObject({ ok: true, applied: blogMigrations });
  }
}

/** A gateway before the server that answers some requests itself, as an overloaded one does. */
async function startGateway(statusOf: (count: number) => number | undefined): Promise<{ url: string; stop(): void }> {
  let count = 0;
  const gateway: Server = createServer((incoming, answer) => {
    count += 1;
    const status = statusOf(count);
    if (status !== undefined) {
      incoming.resume();
      answer.writeHead(status).end("come back later");
      return;
    }
    const { method, headers, url = "/" } = incoming;
    const passed = request(new URL(url, server.url), { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    incoming.pipe(passed);
  });
  gateway.listen(0, "127.0.0.1");
  await once(gateway, "listening");
  const address = gateway.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      gateway.closeAllConnections();
      gateway.close();
    },
  };
}

test.each([429, 503])(
  "a server that answers %d to many requests, all of them for a while, fails no tenant",
  async (status) => {
    const gateway = await startGateway((count) => (count % 3 === 0 || (count > 20 && count < 40) ? status : undefined));
    const tenants = await namespaces(`busy${status}-`, 20, gateway.url);
    const result = await migrateFleet({ dir: blogDir, tenants, concurrency: 16 });
    gateway.stop();
    expect(result).toMatchObject({ state: "done", counts: { migrated: 20, failed: 0 } });
    await expectMigrated(tenants);
  },
);

test("a connection that breaks is tried again, and the ledger shows how often", async () => {
  await using proxy = await startFaultProxy({ target: server.url });
  const tenants = await namespaces("cut", 3, proxy.url);
  const ledger = path.join(await scratchFolder(), "runs.db");
  const events: RunEvent[] = [];
  proxy.cut();
  const result = await migrateFleet({
    dir: blogDir,
    tenants,
    concurrency: 1,
    retries: 20,
    ledger,
    onEvent: (event) => {
      events.push(event);
      if (event.type === "tenant-retry") proxy.heal();
    },
  });
  expect(result).toMatchObject({ state: "done", counts: { migrated: 3 } });
  expect(events.filter(({ type }) => type === "tenant-retry").length).toBeGreaterThan(0);
  const runs = await openRuns({ ledger });
  const [first] = await runs.tenants("latest");
  expect(first?.attempts).toBeGreaterThan(1);
  await runs.close();
  await expectMigrated(tenants);
});

test("without retries it fails at the first break, and retry does it later", async () => {
  await using proxy = await startFaultProxy({ target: server.url });
  const tenants = await namespaces("gone", 2, proxy.url);
  const ledger = path.join(await scratchFolder(), "runs.db");
  proxy.cut();
  const failed = await migrateFleet({ dir: blogDir, tenants, retries: 0, ledger });
  expect(failed).toMatchObject({ state: "partial", counts: { failed: 2 } });
  expect(failed.tenants[0]).toMatchObject({ error: { code: "TENANT_FAILED" } });
  proxy.heal();
  expect(await resumeFleet({ ledger, which: "failed" })).toMatchObject({ state: "done", counts: { migrated: 2 } });
  await expectMigrated(tenants);
});

test("an answer that is lost is found out about, and nothing is done twice", async () => {
  await using proxy = await startFaultProxy({ target: server.url });
  const tenants = await namespaces("lost", 4, proxy.url);
  const cuts = [0, 200, 1_000, 3_000];
  for (const [i, tenant] of tenants.entries()) {
    proxy.cutAfter({ direction: "response", bytes: cuts[i]! });
    expect(await migrateFleet({ dir: blogDir, tenants: [tenant] })).toMatchObject({ state: "done" });
    proxy.heal();
  }
  await expectMigrated(tenants);
});

test("a tenant that takes too long is let go, and the others are done", async () => {
  await using proxy = await startFaultProxy({ target: server.url });
  const [slow] = await namespaces("slow", 1, proxy.url);
  const others = await namespaces("quick", 3);
  proxy.stall();
  const result = await migrateFleet({ dir: blogDir, tenants: [slow!, ...others], timeoutMs: 3_000 });
  expect(result).toMatchObject({ state: "partial", counts: { migrated: 3, failed: 1 } });
  expect(result.tenants[0]).toMatchObject({ name: "slow0", error: { code: "TENANT_TIMEOUT" } });
  proxy.heal();
  expect(await migrateFleet({ dir: blogDir, tenants: [slow!] })).toMatchObject({ state: "done" });
  await expectMigrated([slow!, ...others]);
});

test.each(["sqld", "turso"] as const)("the run ledger may be a control database (%s)", async (kind) => {
  const folder = await scratchFolder();
  await server.createNamespace(`control-${kind}`);
  const ledger =
    kind === "sqld"
      ? server.clientConfig(`control-${kind}`)
      : ({ url: `file:${path.join(folder, "control.db")}`, engine: "turso" } as const);
  const tenants = Array.from({ length: 30 }, (_, i) => ({
    name: `t${i}`,
    url: `file:${path.join(folder, `t${i}.db`)}`,
  }));
  const halted = await migrateFleet({
    dir: blogDir,
    tenants,
    ledger,
    waves: "10,100%",
    beforeWave: ({ index }) => index === 0,
  });
  expect(halted).toMatchObject({ state: "halted", counts: { migrated: 10, notStarted: 20 } });
  const runs = await openRuns({ ledger });
  expect(await runs.list()).toMatchObject([{ id: halted.run, state: "halted", counts: { migrated: 10, waiting: 20 } }]);
  expect(await runs.tenants(halted.run, { state: "migrated" })).toHaveLength(10);
  await runs.close();
  expect(await resumeFleet({ ledger })).toMatchObject({ run: halted.run, state: "done", counts: { migrated: 30 } });
});

test("the command line names a control database by its URL, with the token from the environment", async () => {
  await using control = await startSqld({ auth: true });
  const cwd = await scratchFolder();
  const { authToken } = control.clientConfig();
  const cli = (args: readonly string[], token = authToken) =>
    runCli([...args, "--ledger", control.url, "--json"], { cwd, env: { LIBSQL_AUTH_TOKEN: token ?? "" } });
  const made = path.join(cwd, "a.db");
  expect(await cli(["up", "--dir", blogDir, "--targets", made])).toMatchObject({ code: 0 });
  const listed = await cli(["runs"]);
  expect(JSON.parse(listed.stdout)).toMatchObject({ runs: [{ command: "up", state: "done", counts: { total: 1 } }] });
  expect(await cli(["show"])).toMatchObject({ code: 0 });
  const refused = await cli(["runs"], "wrong");
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "RUN_LEDGER_FAILED" } });
  expect(await readdir(cwd)).toEqual(["a.db"]);
});
