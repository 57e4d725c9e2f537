import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));

test("the examples of the README run one after the other and print what they say", async () => {
  const readme = await readFile(join(packageFolder, "README.md"), "utf8");
  const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? "");
  const [use, errors] = ["const authors", "driverError"].map((text) => examples.find((code) => code.includes(text)));
  const folder = await mkdtemp(join(tmpdir(), "litefleet-drizzle-readme-"));
  try {
    await mkdir(join(folder, "node_modules/@litefleet"), { recursive: true });
    await symlink(packageFolder, join(folder, "node_modules/@litefleet/drizzle-adapter"));
    await symlink(
      await realpath(join(packageFolder, "node_modules/drizzle-orm")),
      join(folder, "node_modules/drizzle-orm"),
    );
    const close = "db.$client.close();\n";
    expect(use).toContain(close);
    await writeFile(join(folder, "main.ts"), `${use?.replace(close, "")}${errors}${close}`);
    const { stdout } = await promisify(execFile)(process.execPath, ["main.ts"], { cwd: folder });
    const [result, code] = stdout.split(/^(?=SQLITE_)/m);
    expect(result?.replaceAll(/\s+/g, " ").trim()).toBe(/^\/\/ (\{.*\})$/m.exec(use ?? "")?.[1]);
    expect(code?.trim()).toBe(/\/\/ (SQLITE_\w+)/.exec(errors ?? "")?.[1]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("so does the example of migrations", async () => {
  const readme = await readFile(join(packageFolder, "README.md"), "utf8");
  const example = [...readme.matchAll(/```ts\n(.*?)```/gs)].find(([, code]) => code?.includes("migrationsFolder"))?.[1];
  const folder = await mkdtemp(join(tmpdir(), "litefleet-drizzle-readme-"));
  try {
    await mkdir(join(folder, "node_modules/@litefleet"), { recursive: true });
    await symlink(packageFolder, join(folder, "node_modules/@litefleet/drizzle-adapter"));
    await mkdir(join(folder, "drizzle/meta"), { recursive: true });
    await writeFile(join(folder, "drizzle/0000_a.sql"), "CREATE TABLE a (x)");
    const journal = JSON.stringify({ dialect: "sqlite", entries: [{ idx: 0, when: 1, tag: "0000_a" }] });
    await writeFile(join(folder, "drizzle/meta/_journal.json"), journal);
    await writeFile(join(folder, "main.ts"), `${example}console.log(applied);\n`);
    const { stdout } = await promisify(execFile)(process.execPath, ["main.ts"], { cwd: folder });
    expect(stdout.trim()).toBe("[ '0000_a' ]");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.each([
  ["vectorDistance", "drizzle-orm"],
  ["fleetDrizzle", "drizzle-orm"],
  ["defineRelations", "drizzle-orm-v1"],
])("so does the example of %s", async (name, drizzleOrm) => {
  const readme = await readFile(join(packageFolder, "README.md"), "utf8");
  const example = [...readme.matchAll(/```ts\n(.*?)```/gs)].find(([, code]) => code?.includes(name))?.[1] ?? "";
  const folder = await mkdtemp(join(tmpdir(), "litefleet-drizzle-readme-"));
  try {
    await mkdir(join(folder, "node_modules/@litefleet"), { recursive: true });
    await symlink(packageFolder, join(folder, "node_modules/@litefleet/drizzle-adapter"));
    await symlink(join(packageFolder, "../driver"), join(folder, "node_modules/@litefleet/driver"));
    const orm = await realpath(join(packageFolder, "node_modules", drizzleOrm));
    await symlink(orm, join(folder, "node_modules/drizzle-orm"));
    await writeFile(join(folder, "main.ts"), example);
    const { stdout } = await promisify(execFile)(process.execPath, ["main.ts"], { cwd: folder });
    const promised = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gmu)].map(([, text]) => text);
    expect(promised.length).toBeGreaterThan(0);
    expect(stdout.trim().split("\n")).toEqual(promised);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
