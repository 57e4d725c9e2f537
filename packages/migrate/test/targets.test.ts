import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { resolveTenants } from "../src/fleet/resolve-tenants.ts";
import type { FleetSource } from "../src/fleet/resolve-tenants.ts";
import { scratchFolder } from "./scratch.ts";

let root: string;
let cwd: string;

beforeAll(async () => {
  root = await scratchFolder();
  cwd = path.join(root, "app");
  for (const folder of ["data/eu", "data/.hidden", "../outside"])
    await mkdir(path.join(cwd, folder), { recursive: true });
  for (const file of [
    "data/de.db",
    "data/fr.db",
    "data/eu/de.db",
    "data/.hidden/x.db",
    "data/odd[1].db",
    "../outside/secret.db",
  ]) {
    await writeFile(path.join(cwd, file), "");
  }
  for (const file of ["data/de.db-wal", "data/de.db-shm", "data/fr.db-journal"])
    await writeFile(path.join(cwd, file), "");
  await symlink("../../outside/secret.db", path.join(cwd, "data/leak.db"));
  await symlink("../../outside", path.join(cwd, "data/leaks"));
  await symlink("de.db", path.join(cwd, "data/alias.db"));
});

async function find(...targets: string[]): Promise<Record<string, string>> {
  const tenants = await resolveTenants({ targets, cwd });
  return Object.fromEntries(tenants.map(({ name, target }) => [name, target]));
}

const refused = (source: FleetSource) => expect(resolveTenants({ cwd, ...source })).rejects;

test("a glob finds files of its folder, not those beside a database, hidden ones or what links lead to", async () => {
  expect(await find("data/*")).toEqual({ de: "data/de.db", fr: "data/fr.db", "odd[1]": "data/odd[1].db" });
  expect(await find("data/**/*.db")).toEqual({
    de: "data/de.db",
    "eu/de": "data/eu/de.db",
    fr: "data/fr.db",
    "odd[1]": "data/odd[1].db",
  });
  expect(await find("./data/{de,fr}.db")).toEqual({ de: "data/de.db", fr: "data/fr.db" });
});

test("a glob may start outside of the working directory, but not go up from where it starts", async () => {
  expect(await find("../outside/*.db")).toEqual({ secret: path.join(root, "outside/secret.db") });
  expect(await find(path.join(cwd, "data/d*.db"))).toEqual({ de: "data/de.db" });
  await refused({ targets: "data/*/../../../outside/*.db" }).toMatchObject({ code: "TARGET_INVALID" });
  await refused({ targets: "data/{eu,../../outside}/*.db" }).toMatchObject({ code: "TARGET_INVALID" });
});

test("a file is one tenant under however many targets, and names stay unique", async () => {
  expect(await find("data/de.db", "data/d*.db", `file:${path.join(cwd, "data/de.db")}`)).toEqual({ de: "data/de.db" });
  expect(await find("data/*.db", "data/eu/*.db")).toMatchObject({
    "data/de.db": "data/de.db",
    "data/eu/de.db": "data/eu/de.db",
  });
});

test("a path may be that of a new file, and may look like a glob if it exists", async () => {
  expect(await find("data/new.db", "file:data/also%20new.db")).toEqual({
    new: "data/new.db",
    "also new": "data/also new.db",
  });
  expect(await find("data/odd[1].db")).toEqual({ "odd[1]": "data/odd[1].db" });
  const [odd] = await resolveTenants({ targets: "data/a ?#%.db".replace("?", "_"), cwd });
  expect(odd?.config.url).toMatch(/a%20_%23%25\.db$/u);
});

test("a server is named by host and path, and shown without its secrets", async () => {
  const [tenant] = await resolveTenants({
    targets: "libsql://u:pw@acme.example.com/x?authToken=secret",
    authToken: "token",
  });
  expect(tenant).toMatchObject({
    name: "acme.example.com/x",
    target: "libsql://***@acme.example.com/x",
    config: { url: "libsql://u:pw@acme.example.com/x?authToken=secret", authToken: "token" },
  });
});

test.each([
  ["nothing matches", { targets: "data/*.sqlite" }, "NO_TARGETS"],
  ["nothing was given", {}, "NO_TARGETS"],
  ["the list is empty", { tenants: [] }, "NO_TARGETS"],
  ["the folder of a path is not there", { targets: "nowhere/new.db" }, "TARGET_INVALID"],
  ["a path is a folder", { targets: "data" }, "TARGET_INVALID"],
  ["a target is empty", { targets: "" }, "TARGET_INVALID"],
  ["a target is in memory", { targets: ":memory:" }, "TARGET_INVALID"],
  ["a target is in memory, as a URL", { targets: "file::memory:?cache=shared" }, "TARGET_INVALID"],
  ["a scheme is unknown", { targets: "postgres://db.example.com/x" }, "TARGET_INVALID"],
  ["a URL is none", { targets: "libsql://" }, "TARGET_INVALID"],
  ["a file: URL is of another machine", { targets: "file://elsewhere/x.db" }, "TARGET_INVALID"],
  ["a tenant has no name", { tenants: [{ name: "", url: "file:x.db" }] }, "TARGET_INVALID"],
  ["a tenant has no url", { tenants: [{ name: "a", url: "" }] }, "TARGET_INVALID"],
  ["a tenant is in memory", { tenants: [{ name: "a", url: ":memory:" }] }, "TARGET_INVALID"],
  [
    "a name comes twice",
    {
      tenants: [
        { name: "a", url: "file:x.db" },
        { name: "a", url: "file:y.db" },
      ],
    },
    "TARGET_INVALID",
  ],
] satisfies [string, FleetSource, string][])("it is an error if %s", async (_, source, code) => {
  await refused(source).toMatchObject({ code });
});

test("tenants may come from a function, and keep an engine of their own", async () => {
  const tenants = await resolveTenants({
    tenants: async () => [
      { name: "a", url: "file:a.db" },
      { name: "b", url: "file:b.db", engine: "libsql" },
      { name: "c", url: "http://127.0.0.1:1" },
    ],
    engine: "sqlite",
  });
  expect(tenants.map(({ name, config }) => [name, config.engine])).toEqual([
    ["a", "sqlite"],
    ["b", "libsql"],
    ["c", undefined],
  ]);
});
