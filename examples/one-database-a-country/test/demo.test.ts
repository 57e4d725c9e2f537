import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "litefleet-demo-"));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

async function demo(...args: string[]): Promise<string> {
  const folder = join(parent, "data");
  return (await promisify(execFile)(process.execPath, [main, "--folder", folder, ...args])).stdout;
}

it("plays every step with a few countries, and cleans up after itself", async () => {
  const output = await demo("--countries", "CH,LI,AT", "--home", "CH");
  expect(output.match(/^\d\. /gmu)).toHaveLength(7);
  expect(output).toMatch(/All \d+ checks passed/u);
  expect(await readdir(join(parent, "data", "tenants"))).toContain("LI.db");
  await demo("--clean");
  expect(existsSync(join(parent, "data"))).toBe(false);
}, 120_000);
