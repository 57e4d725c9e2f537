import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { beforeEach, expect, test, vi } from "vitest";
import { blogDir } from "./blog.ts";
import { runCli, startCli } from "./run-node.ts";
import { scratchFolder } from "./scratch.ts";

vi.setConfig({ testTimeout: 120_000 });

let cwd: string;
const packageUrl = new URL("../src/index.ts", import.meta.url).href;

beforeEach(async () => {
  cwd = await scratchFolder();
  await mkdir(path.join(cwd, "data"));
  for (const name of ["de", "fr", "it"]) await writeFile(path.join(cwd, `data/${name}.db`), "");
});

const write = (name: string, text: string) => writeFile(path.join(cwd, name), text);
const config = (entries: string) =>
  write(
    "litefleet.config.ts",
    `import { defineConfig } from ${JSON.stringify(packageUrl)};\nconst dir: string = ${JSON.stringify(blogDir)};\nexport default defineConfig({ dir, ${entries} });\n`,
  );
const status = async (...args: string[]) => {
  const { code, stdout, stderr } = await runCli(["status", "--json", ...args], { cwd });
  const names =
    code === 2 ? (JSON.parse(stdout) as { tenants: { name: string }[] }).tenants.map(({ name }) => name) : [];
  return { code, names, stderr };
};

test("folder and tenants come from the configuration; flags go before it", async () => {
  await config(`tenants: async () => [{ name: "acme", url: "file:data/de.db", tags: { plan: "pro" } }, "data/fr.db"]`);
  expect(await status()).toMatchObject({ code: 2, names: ["acme", "fr"] });
  expect(await status("--tag", "plan=pro")).toMatchObject({ code: 2, names: ["acme"] });
  expect(await status("--targets", "data/*.db")).toMatchObject({ code: 2, names: ["de", "fr", "it"] });
  expect(await status("--targets", "data/*.db", "--only", "d*", "it", "--exclude", "it")).toMatchObject({
    names: ["de"],
  });
});

test("it may be JSON, lie elsewhere, and its paths start from where it lies", async () => {
  await mkdir(path.join(cwd, "deploy"));
  await write(
    "deploy/fleet.json",
    JSON.stringify({ dir: path.relative(path.join(cwd, "deploy"), blogDir), targets: "../data/d*.db" }),
  );
  expect(await status("--config", "deploy/fleet.json")).toMatchObject({ code: 2, names: ["de"] });
  const ledger = { url: "file:control.db" };
  await write("deploy/run.json", JSON.stringify({ dir: blogDir, targets: "../data/d*.db", ledger }));
  expect(await runCli(["up", "--config", "deploy/run.json"], { cwd })).toMatchObject({ code: 0 });
  expect(await readdir(path.join(cwd, "deploy"))).toContain("control.db");
});

test("it may import our packages where none is installed, as with npx, and no others", async () => {
  const text = (from: string): string =>
    `import { defineConfig } from "@litefleet/migrate";\nimport { createClient } from "${from}";\n` +
    `export default defineConfig({ dir: ${JSON.stringify(blogDir)}, targets: createClient && "data/d*.db" });\n`;
  await write("litefleet.config.ts", text("@litefleet/driver"));
  expect(await status()).toMatchObject({ code: 2, names: ["de"] });
  await write("litefleet.config.ts", text("@libsql/client"));
  expect(await status()).toMatchObject({ code: 1 });
});

test("tenants may come from standard input", async () => {
  const run = startCli(["status", "--dir", blogDir, "--targets-file", "-", "--json"], { cwd });
  run.write(`data/de.db\n{"name":"italy","url":${JSON.stringify(pathToFileURL(path.join(cwd, "data/it.db")).href)}}\n`);
  run.go();
  const { code, stdout } = await run.ended;
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ tenants: [{ name: "italy" }, { name: "de" }] });
});

test.each([
  ["an entry that there is not", `tennants: "data/*.db"`, "tennants"],
  ["an entry of another kind", `tenants: 5`, "tenants"],
  ["a value that cannot be", `targets: "data/*.db", engine: "postgres"`, "engine"],
  ["a number that cannot be", `targets: "data/*.db", concurrency: -1`, "concurrency"],
  ["a syntax error", `targets: `, "litefleet.config.ts"],
])("%s is an error that names it", async (_, entries, named) => {
  await config(entries);
  expect(await status()).toMatchObject({ code: 1, stderr: expect.stringContaining(named) });
});

test("without targets and configuration the flag is asked for", async () => {
  const { code, stderr } = await status("--dir", blogDir);
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("--targets") });
  expect((await status("--config", "nowhere.ts")).code).toBe(1);
});

test.each([
  ["--shard", "5/4"],
  ["--sample", "0%"],
  ["--tag", "plan"],
  ["--limit", "none"],
])("%s %s is refused", async (flag, value) => {
  expect(await status("--dir", blogDir, "--targets", "data/*.db", flag, value)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(flag),
  });
});
