import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@litefleet/driver";
import type { Client, LocalEngineName } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import { expect, inject, test, vi } from "vitest";
import { openRuns, verify } from "../src/index.ts";
import { startCli } from "./run-node.ts";
import { countsOf, scratchFolder, writeFolder } from "./scratch.ts";

vi.setConfig({ testTimeout: inject("soak") ? 7_200_000 : 120_000 });

/** How many runners are killed, and over how many tenants they run. */
const soak = { kills: 50, tenants: 500 };
const campaigns = {
  file: inject("soak") ? soak : { kills: 2, tenants: 60 },
  sqld: inject("soak") ? soak : { kills: 1, tenants: 20 },
  turso: inject("soak") ? soak : { kills: 1, tenants: 30 },
};

/** A part that ran twice or not at all leaves another sum, or fails. */
const folder = writeFolder({
  "0000_counter": "CREATE TABLE counter (n INTEGER NOT NULL); INSERT INTO counter VALUES (0);",
  "0001_add": "UPDATE counter SET n = n + 1;",
  "0002_note": "CREATE TABLE note (x); INSERT INTO note VALUES ('once');",
  "0003_add": "UPDATE counter SET n = n + 10;",
});

interface Tenants {
  readonly args: readonly string[];
  readonly open: (name: string) => Client;
  readonly names: readonly string[];
}

/** Lets the runner be killed again and again in the middle of a run, and looks at every tenant in the end. Answers how often. */
async function killAndResume({ args, open, names }: Tenants, kills: number): Promise<number> {
  const dir = await folder;
  const cwd = await scratchFolder();
  const ledger = path.join(cwd, ".litefleet", "runs.db");
  let killed = 0;
  for (let session = 0; ; session += 1) {
    const command = session === 0 ? ["up", "--dir", dir, ...args, "--waves", "1,50%,100%"] : ["resume"];
    const running = startCli(command, { cwd });
    const ended = running.ended.then(({ code, stderr }) => ({ code, stderr }));
    if (killed < kills) {
      const state = await Promise.race([untilRunning(ledger), ended.then(() => "ended" as const)]);
      if (state === "running") {
        await sleep(Math.random() * 300);
        running.kill("SIGKILL");
      }
    }
    const { code, stderr } = await ended;
    if (code === 0) break;
    // Killed; anything else is an error.
    expect({ code, stderr: code === null ? "" : stderr }).toEqual({ code: null, stderr: "" });
    const runs = await openRuns({ ledger });
    const left = await runs.list();
    await runs.close();
    // Killed too late, between its last note and its end: that counts for nothing.
    if (left[0]?.state === "done") break;
    killed += 1;
    expect(left).toMatchObject([{ state: "abandoned", counts: { total: names.length, failed: 0 } }]);
  }
  for (const name of names) {
    const client = open(name);
    expect(await verify(client, { dir })).toMatchObject({ ok: true, state: "up-to-date" });
    expect(await countsOf(client, "counter", "note", "__drizzle_migrations")).toEqual({
      counter: 1,
      note: 1,
      __drizzle_migrations: 4,
    });
    expect((await client.execute("SELECT n FROM counter")).rows.map((row) => row["n"])).toEqual([11]);
    client.close();
  }
  const runs = await openRuns({ ledger });
  const [run, ...more] = await runs.list();
  expect(more).toEqual([]);
  expect(run).toMatchObject({ state: "done", counts: { total: names.length, failed: 0, waiting: 0, running: 0 } });
  expect(run?.waves.map(({ state }) => state)).toEqual(["done", "done", "done"]);
  expect(await runs.tenants("latest")).toHaveLength(names.length);
  await runs.close();
  return killed;
}

async function untilRunning(ledger: string): Promise<"running"> {
  for (;;) {
    const runs = await openRuns({ ledger }).catch(() => undefined);
    const run = await runs?.get("latest").catch(() => undefined);
    await runs?.close();
    if (run?.state === "running") return "running";
    await sleep(5);
  }
}

function filesIn(data: string, count: number, engine: LocalEngineName): Tenants {
  const names = Array.from({ length: count }, (_, i) => `t${i}`);
  const file = (name: string): string => path.join(data, `${name}.db`);
  return {
    args: ["--engine", engine, "--targets", ...names.map(file)],
    open: (name) => createClient({ url: `file:${file(name)}`, engine }),
    names,
  };
}

/** Gives every tenant a table before the run: new files are copies, so they try something else. */
async function createAll({ names, open }: Tenants): Promise<void> {
  for (const name of names) {
    const client = open(name);
    await client.execute("CREATE TABLE own (x)");
    client.close();
  }
}

test.each([
  ["new", "libsql", campaigns.file],
  ["existing", "libsql", campaigns.file],
  ["new", "turso", campaigns.turso],
  ["existing", "turso", campaigns.turso],
] as const)(
  "kill -9 of the runner at any moment, each followed by resume: every migration once on every tenant (%s files, %s)",
  { tags: ["soak"] },
  async (kind, engine, { kills, tenants }) => {
    for (let killed = 0; killed < kills;) {
      const files = filesIn(await scratchFolder(), tenants, engine);
      if (kind === "existing") await createAll(files);
      killed += await killAndResume(files, kills - killed);
    }
  },
);

test("kill -9 of the runner over namespaces of a server, each followed by resume", { tags: ["soak"] }, async () => {
  const { kills, tenants } = campaigns.sqld;
  await using server = await startSqld({ namespaces: true });
  for (let killed = 0, round = 0; killed < kills; round += 1) {
    const names = Array.from({ length: tenants }, (_, i) => `r${round}t${i}`);
    for (const name of names) await server.createNamespace(name);
    const list = path.join(await scratchFolder(), "tenants.jsonl");
    await writeFile(list, names.map((name) => JSON.stringify({ name, url: server.url, namespace: name })).join("\n"));
    const open = (name: string): Client => createClient(server.clientConfig(name));
    killed += await killAndResume({ args: ["--targets-file", list], open, names }, kills - killed);
  }
});
