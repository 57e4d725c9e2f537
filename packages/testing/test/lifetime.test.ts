import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { SupervisorLink } from "../src/supervisor-link.ts";
import { isAlive, untilGone } from "./fixtures/process-state.ts";

interface Owned {
  readonly pids: readonly number[];
  readonly folders: readonly string[];
  readonly urls: readonly string[];
}

async function startOwner(end: string): Promise<{ owner: ChildProcess; owned: Owned; ended: Promise<unknown[]> }> {
  const script = fileURLToPath(new URL("fixtures/owner.ts", import.meta.url));
  const owner = spawn(process.execPath, [script, end], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, NODE_OPTIONS: "" },
    detached: true, // a group of its own, which a test can send signals to as a terminal does
  });
  onTestFinished(() => void owner.kill("SIGKILL"));
  const ended = once(owner, "exit");
  for await (const line of createInterface({ input: owner.stdout })) {
    return { owner, owned: JSON.parse(line) as Owned, ended };
  }
  throw new Error("the owner said nothing");
}

async function expectNothingLeft({ pids, folders, urls }: Owned): Promise<void> {
  expect(pids).toHaveLength(2);
  await untilGone(pids, folders);
  for (const url of urls) await expect(fetch(url)).rejects.toThrow("fetch failed");
}

describe("everything goes with the process that started it", () => {
  test.each(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"] as const)("when that gets %s", async (signal) => {
    const { owner, owned, ended } = await startOwner("wait");
    expect(owned.pids.map(isAlive)).toEqual([true, true]);
    owner.kill(signal);
    expect(await ended).toEqual([null, signal]);
    await expectNothingLeft(owned);
  });

  test.each([
    ["calls process.exit()", "exit", 7],
    ["fails with an uncaught error", "throw", 1],
    ["has nothing left to do", "idle", 0],
  ])("when that %s", async (_, end, code) => {
    const { owned, ended } = await startOwner(end);
    expect(await ended).toEqual([code, null]);
    await expectNothingLeft(owned);
  });

  test("when its whole process group is killed", async () => {
    const { owner, owned, ended } = await startOwner("wait");
    process.kill(-(owner.pid ?? 0), "SIGKILL");
    await ended;
    await expectNothingLeft(owned);
  });

  test("when it was a thread that is terminated", async () => {
    const thread = new Worker(new URL("fixtures/owner-thread.ts", import.meta.url), { execArgv: [], env: {} });
    const [{ pid, folder }] = (await once(thread, "message")) as [{ pid: number; folder: string }];
    expect(isAlive(pid)).toBe(true);
    await thread.terminate();
    await untilGone([pid], [folder]);
  });
});

describe("a server outlives what is not meant for it", () => {
  test("Ctrl-C in the terminal, until its owner has gone", async () => {
    const link = await SupervisorLink.open({ name: "test", keepsData: false });
    await link.ask({ do: "start", command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"], env: {} });
    const { pid = 0, supervisorPid = 0, folder } = link;
    process.kill(supervisorPid, "SIGINT");
    process.kill(supervisorPid, "SIGHUP");
    await link.ask({ do: "hold-ports", count: 1 });
    expect(isAlive(pid)).toBe(true);
    await link.ask({ do: "quit", graceMs: 1_000 });
    await untilGone([pid, supervisorPid], [folder]);
  });
});

test.each(["SIGKILL", "SIGTERM"] as const)("nothing is left when the supervisor itself gets %s", async (signal) => {
  const link = await SupervisorLink.open({ name: "test", keepsData: false });
  await link.ask({ do: "start", command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"], env: {} });
  const { pid = 0, supervisorPid = 0, folder } = link;
  process.kill(supervisorPid, signal);
  await untilGone([pid, supervisorPid], [folder]);
  await expect(link.ask({ do: "hold-ports", count: 1 })).rejects.toMatchObject({ code: "STOPPED" });
});
