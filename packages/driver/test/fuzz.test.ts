import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { expect, inject, it } from "vitest";
import { scratchFile, startProgram } from "./local-fixture.ts";

const isLong = inject("soak");
const seeds = isLong ? [20_261_121, 2, 3] : [20_261_121];

/** Longer than this the program may not take, in milliseconds; then something in it hangs that blocks its event loop. */
const limitMs = isLong ? 1_000_000 : 50_000;

/** Runs the program in a process of its own, so that its end would be seen, and says what it was fed last. */
async function survives(subject: string, seed: number, runs: number): Promise<void> {
  const folder = dirname(scratchFile());
  const program = startProgram("fuzz", folder, subject, String(seed), String(runs));
  const timer = setTimeout(() => program.kill(), limitMs);
  const code = await program.ended;
  clearTimeout(timer);
  const input = readFileSync(join(folder, "last-input.txt"), "utf8").split("\n")[0];
  expect(code, `how the process ended, seed ${seed}, after ${input}`).toBe(0);
}

const clients: readonly (readonly [name: string, config: Config, runs: number])[] = [
  ["libsql in memory", { url: ":memory:", timeout: 50 }, 100],
  ["libsql on files", { url: "file:fuzz-#.db", timeout: 50 }, 40],
  ["sqlite in memory", { url: ":memory:", engine: "sqlite", timeout: 50 }, 100],
  ["sqlite on files", { url: "file:fuzz-#.db", engine: "sqlite", timeout: 50 }, 40],
  ["turso in memory", { url: ":memory:", engine: "turso", timeout: 50 }, 50],
  ["turso on files", { url: "file:fuzz-#.db", engine: "turso", timeout: 50 }, 30],
];

it.each(clients)(
  "no call ends the process, hangs or fails without a type: %s",
  { tags: ["soak"] },
  async (_, config, runs) => {
    for (const seed of seeds) await survives(JSON.stringify(config), seed, isLong ? runs * 100 : runs);
  },
);

const remotes: readonly (readonly [name: string, config: (sqld: SqldServer) => Config, runs: number])[] = [
  ["a server over HTTP", ({ url }) => ({ url }), 20],
  ["a server over WebSocket", ({ wsUrl }) => ({ url: wsUrl }), 20],
  ["a replica", ({ url }) => ({ url: "file:fuzz-#.db", syncUrl: url }), 3],
];

it.each(remotes)(
  "no call ends the process, hangs or fails without a type: %s",
  { tags: ["soak"] },
  async (_, config, runs) => {
    for (const seed of seeds) {
      await using sqld = await startSqld();
      await survives(JSON.stringify(config(sqld)), seed, isLong ? runs * 50 : runs);
    }
  },
);

it("no configuration ends the process, hangs or fails without a type", { tags: ["soak"] }, async () => {
  for (const seed of seeds) await survives("configurations", seed, isLong ? 50_000 : 1_000);
});
