import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const example = fileURLToPath(new URL("..", import.meta.url));

it("prints what the README says, also when the databases are there already", async () => {
  const readme = await readFile(join(example, "README.md"), "utf8");
  const promised = /It prints\n\n```\n(?<lines>.*?)```/su.exec(readme)?.groups?.["lines"];
  const folder = await mkdtemp(join(tmpdir(), "litefleet-lending-library-"));
  try {
    for (let i = 0; i < 2; i += 1) {
      const { stdout } = await run(process.execPath, [join(example, "src/main.ts"), join(folder, "branches")]);
      expect(stdout).toBe(promised);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("has the migrations that drizzle-kit writes for its schema", async () => {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-lending-library-"));
  try {
    for (const part of ["src", "drizzle", "drizzle.config.ts", "package.json"]) {
      await cp(join(example, part), join(folder, part), { recursive: true });
    }
    await symlink(join(example, "node_modules"), join(folder, "node_modules"));
    const kit = join(example, "node_modules/drizzle-kit/bin.cjs");
    const { stdout } = await run(process.execPath, [kit, "generate"], { cwd: folder });
    expect(stdout).toContain("No schema changes");
    expect(await readdir(join(folder, "drizzle"))).toEqual(await readdir(join(example, "drizzle")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
