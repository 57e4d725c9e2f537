import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { runGenerate } from "./support/generate-client.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

/** The block of code that follows the first mention of `file`. */
function blockOf(file: string): string {
  const block = /```\w+\n(.*?)```/s.exec(readme.slice(readme.indexOf(`\`${file}\``)))?.[1];
  if (block === undefined) throw new Error(`No block for ${file}`);
  return block;
}

test("the example of the README runs as it stands", { timeout: 60_000 }, async () => {
  const cache = dirname(dirname(dirname(fileURLToPath(inject("prismaClientUrl")))));
  const directory = await mkdtemp(join(cache, "readme-"));
  try {
    await mkdir(join(directory, "prisma"));
    for (const file of ["prisma/schema.prisma", "prisma.config.ts", "main.ts"]) {
      await writeFile(join(directory, file), blockOf(file));
    }
    await runGenerate(directory);
    const { stdout } = await promisify(execFile)(process.execPath, ["main.ts"], { cwd: directory });
    expect(stdout).toBe("9007199254740994n\n");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
