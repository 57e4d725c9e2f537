import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import { expect, inject, test } from "vitest";
import { runGenerate } from "./support/generate-client.ts";

const require = createRequire(import.meta.url);
const run = promisify(execFile);
const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

/** The block of code that follows the first mention of `file`. */
function blockOf(file: string): string {
  const block = /```\w+\n(.*?)```/s.exec(readme.slice(readme.indexOf(`\`${file}\``)))?.[1];
  if (block === undefined) throw new Error(`No block for ${file}`);
  return block;
}

/** What each program prints, in the order in which they are run: they share the database. */
const programs: Readonly<Record<string, string>> = {
  "main.ts": "9007199254740994n\n",
  "transfer.ts": "9007199254740991n\n",
  "replica.ts": "1\n",
  "routed.ts": "0 1\n1\n",
  "vectors.ts": "Sea true\nShore true\nnull\n",
  "tenants.ts": "[ 1, 1 ]\n",
};

test("the examples of the README run as they stand, and compile", { timeout: 120_000 }, async () => {
  const cache = dirname(dirname(dirname(fileURLToPath(inject("prismaClientUrl")))));
  const directory = await mkdtemp(join(cache, "readme-"));
  await using server = await startSqld();
  await using primary = createClient(server.clientConfig());
  await primary.execute('CREATE TABLE "Author" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL UNIQUE)');
  try {
    await mkdir(join(directory, "prisma"));
    for (const file of ["prisma/schema.prisma", "prisma.config.ts", ...Object.keys(programs)]) {
      await writeFile(join(directory, file), blockOf(file));
    }
    await runGenerate(directory);
    const printed: Record<string, string> = {};
    for (const program of Object.keys(programs)) {
      const { stdout } = await run(process.execPath, [program], {
        cwd: directory,
        env: { ...process.env, DATABASE_URL: server.url },
      });
      printed[program] = stdout;
    }
    expect(printed).toEqual(programs);
    const compilerOptions = { noEmit: true, composite: false, declaration: false, declarationMap: false };
    const base = fileURLToPath(new URL("../../../tsconfig.base.json", import.meta.url));
    const project = { extends: base, compilerOptions, files: Object.keys(programs) };
    await writeFile(join(directory, "tsconfig.json"), JSON.stringify(project));
    const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
    expect((await run(process.execPath, [tsc, "-p", directory])).stdout).toBe("");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
