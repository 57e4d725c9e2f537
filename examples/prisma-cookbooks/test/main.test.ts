import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../", import.meta.url));

beforeAll(() => run(process.execPath, [join(root, "src/generate.ts")]), 120_000);

it("prints what the README says, also when the databases are there already", { timeout: 120_000 }, async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const promised = /It prints\n\n```\n(?<lines>.*?)```/su.exec(readme)?.groups?.["lines"];
  const folder = await mkdtemp(join(tmpdir(), "litefleet-cookbooks-test-"));
  try {
    for (let time = 0; time < 2; time += 1) {
      const { stdout } = await run(process.execPath, [join(root, "src/main.ts"), join(folder, "cooks")]);
      expect(stdout).toBe(promised);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("compiles with the client that Prisma generates", { timeout: 120_000 }, async () => {
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  expect((await run(process.execPath, [tsc, "-p", join(root, "src")])).stdout).toBe("");
});
