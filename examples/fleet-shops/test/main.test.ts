import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const readme = new URL("../README.md", import.meta.url);

it("prints what the README says", async () => {
  const promised = /It prints\n\n```\n(?<lines>.*?)```/su.exec(await readFile(readme, "utf8"))?.groups?.["lines"];
  const folder = await mkdtemp(join(tmpdir(), "litefleet-shops-"));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [main, join(folder, "shops")]);
    expect(stdout).toBe(promised);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
