import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "@libsql/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSqld } from "../src/index.ts";
import { isAlive, untilGone } from "./fixtures/process-state.ts";

async function countNotes(url: string): Promise<unknown> {
  const client = createClient({ url });
  try {
    return (await client.execute("SELECT count(*) AS n FROM notes")).rows[0]?.["n"];
  } finally {
    client.close();
  }
}

async function addNote(url: string, body: string): Promise<void> {
  const client = createClient({ url });
  await client.batch([
    "CREATE TABLE IF NOT EXISTS notes (body TEXT)",
    { sql: "INSERT INTO notes VALUES (?)", args: [body] },
  ]);
  client.close();
}

test("a server answers over http and ws", async () => {
  await using sqld = await startSqld();
  await addNote(sqld.url, "over http");
  await addNote(sqld.wsUrl, "over ws");
  expect(await countNotes(sqld.clientConfig().url)).toBe(2);
  expect((await fetch(`${sqld.adminUrl}/v1/namespaces/default/config`)).status).toBe(200);
  expect(sqld.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u);
  expect(sqld.wsUrl).toBe(sqld.url.replace("http", "ws"));
});

test("an embedded replica syncs from the server's url", async () => {
  await using sqld = await startSqld();
  await addNote(sqld.url, "first");
  const folder = await mkdtemp(path.join(tmpdir(), "litefleet-testing-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const replica = createClient({ url: `file:${path.join(folder, "replica.db")}`, syncUrl: sqld.url });
  await replica.sync();
  expect((await replica.execute("SELECT body FROM notes")).rows[0]?.["body"]).toBe("first");
  replica.close();
});

describe("the end of a server", () => {
  test("stop ends the process, frees the port and removes the folder, however often it is called", async () => {
    const sqld = await startSqld();
    const pid = sqld.pid ?? 0;
    expect(isAlive(pid)).toBe(true);
    await Promise.all([sqld.stop(), sqld.stop()]);
    await sqld.stop();
    await untilGone([pid], [path.dirname(sqld.dataDir)]);
    expect(sqld.pid).toBeUndefined();
    await expect(fetch(`${sqld.url}/health`)).rejects.toThrow("fetch failed");
    expect(sqld.logs()).toContain("shutdown gracefully");
    await expect(sqld.restart()).rejects.toMatchObject({ name: "TestingError", code: "STOPPED" });
    await expect(sqld.kill()).rejects.toMatchObject({ code: "STOPPED" });
  });

  test("a server that does not end when asked is killed", async () => {
    const sqld = await startSqld({ stopTimeoutMs: 100 });
    const pid = sqld.pid ?? 0;
    process.kill(pid, "SIGSTOP");
    await sqld.stop();
    await untilGone([pid], [path.dirname(sqld.dataDir)]);
  });

  test("data in a folder of the caller's stays and is served again", async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), "litefleet-testing-test-"));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    {
      await using sqld = await startSqld({ dataDir });
      expect(sqld.dataDir).toBe(dataDir);
      await addNote(sqld.url, "kept");
    }
    expect(existsSync(path.join(dataDir, "dbs"))).toBe(true);
    await using sqld = await startSqld({ dataDir });
    expect(await countNotes(sqld.url)).toBe(1);
  });
});

test("kill and restart keep the ports and every acknowledged row", async () => {
  await using sqld = await startSqld();
  for (let round = 1; round <= 3; round += 1) {
    await addNote(sqld.url, `round ${round}`);
    const pid = sqld.pid ?? 0;
    await sqld.kill();
    expect(sqld.pid).toBeUndefined();
    expect(isAlive(pid)).toBe(false);
    await expect(countNotes(sqld.url)).rejects.toThrow("fetch failed");
    await sqld.restart();
    expect(await countNotes(sqld.url)).toBe(round);
  }
  const before = sqld.pid;
  await sqld.restart();
  expect(sqld.pid).not.toBe(before);
  expect(await countNotes(sqld.url)).toBe(3);
});

test("arguments and variables reach the server, variables of ours that would configure it do not", async () => {
  process.env["SQLD_HTTP_AUTH"] = "basic:bm9ib2R5";
  onTestFinished(() => {
    delete process.env["SQLD_HTTP_AUTH"];
  });
  await using sqld = await startSqld({ args: ["--max-response-size=1KB"], env: { RUST_LOG: "debug" } });
  const client = createClient(sqld.clientConfig());
  onTestFinished(() => client.close());
  await expect(client.execute("SELECT hex(zeroblob(2000))")).rejects.toMatchObject({ code: "RESPONSE_TOO_LARGE" });
  expect(sqld.logs()).toContain("DEBUG");
});

test("many servers start at once, each on ports of its own", async () => {
  const servers = await Promise.all(Array.from({ length: 8 }, () => startSqld()));
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });
  const urls = servers.flatMap((server) => [server.url, server.adminUrl]);
  expect(new Set(urls).size).toBe(urls.length);
  await Promise.all(servers.map((server, index) => addNote(server.url, `server ${index}`)));
  expect(await Promise.all(servers.map((server) => countNotes(server.url)))).toEqual(servers.map(() => 1));
});

test("nothing is left behind by a server that was used", async () => {
  const mine = async (): Promise<string[]> =>
    (await readdir(tmpdir())).filter((name) => name.startsWith("litefleet-sqld-"));
  const sqld = await startSqld();
  const folder = path.basename(path.dirname(sqld.dataDir));
  expect(await mine()).toContain(folder);
  await addNote(sqld.url, "gone soon");
  await sqld.stop();
  expect(await mine()).not.toContain(folder);
});
