import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));

it("prints what the README says, when its examples are run in their order", async () => {
  const readme = await readFile(join(packageFolder, "README.md"), "utf8");
  const examples = [...readme.matchAll(/```ts\n(?<code>.*?)```/gsu)].map((match) => match.groups?.["code"] ?? "");
  expect(examples).toHaveLength(4);
  const folder = await mkdtemp(join(tmpdir(), "litefleet-kysely-readme-"));
  try {
    await mkdir(join(folder, "node_modules/@litefleet"), { recursive: true });
    await symlink(packageFolder, join(folder, "node_modules/@litefleet/kysely-dialect"));
    await symlink(await realpath(join(packageFolder, "../driver")), join(folder, "node_modules/@litefleet/driver"));
    await symlink(await realpath(join(packageFolder, "node_modules/kysely")), join(folder, "node_modules/kysely"));
    for (const [i, code] of examples.entries()) {
      await writeFile(join(folder, `example-${i}.mts`), code);
      const { stdout } = await promisify(execFile)(process.execPath, [`example-${i}.mts`], { cwd: folder });
      const promised = [...code.matchAll(/^\/\/ (?<line>.*)$/gmu)].map((match) => match.groups?.["line"]);
      expect(stdout.trimEnd().split("\n")).toEqual(promised);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
