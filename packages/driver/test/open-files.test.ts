import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createClient, createFleet } from "../src/index.ts";

// Files in numbers take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "litefleet-files-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test.runIf(existsSync("/proc/self/fd"))(
  "a fleet that goes through many libSQL files has few of them open (file descriptors are read from /proc)",
  async () => {
    const tenants = 600;
    const before = openFiles();
    let most = 0;
    const fleet = createFleet({ tenants: (name) => ({ url: `file:${path.join(folder, `${name}.db`)}` }), maxOpen: 10 });
    for (let i = 0; i < tenants; i += 1) {
      await fleet.run(`t${i}`, (client) => client.execute("SELECT count(*) FROM sqlite_schema"));
      if (i % 10 === 0) most = Math.max(most, openFiles() - before);
    }
    await fleet.close();
    // Each has one file open while nothing was written to it.
    expect(most).toBeLessThan(tenants / 2);
  },
);

test("many loops of reads at once leave the event loop its turns", async () => {
  await using client = createClient({ url: ":memory:" });
  const startedAt = performance.now();
  let turns = 0;
  let isOver = false;
  const tick = (): void => {
    turns += 1;
    if (!isOver) setTimeout(tick, 0);
  };
  setTimeout(tick, 0);
  const loop = async (): Promise<void> => {
    for (let i = 0; i < 2_000; i += 1) await client.execute("SELECT 1");
  };
  await Promise.all(Array.from({ length: 64 }, loop));
  isOver = true;
  // A turn is due every 8 ms; when each loop had a stretch of its own it came every half second.
  expect(turns).toBeGreaterThan((performance.now() - startedAt) / 100);
});

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}
