import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { createClient } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { resolveTenants } from "../src/fleet/resolve-tenants.ts";
import type { FleetSource } from "../src/fleet/resolve-tenants.ts";
import { migrateFleet } from "../src/index.ts";
import { blogDir } from "./blog.ts";
import { startPlatform } from "./platform-stand-in.ts";
import { openFile, scratchFolder } from "./scratch.ts";

let cwd: string;

beforeAll(async () => {
  cwd = await scratchFolder();
  await mkdir(path.join(cwd, "data"));
  for (const name of ["de", "fr"]) await writeFile(path.join(cwd, `data/${name}.db`), "");
});

const found = async (source: FleetSource) => {
  const tenants = await resolveTenants({ cwd, ...source });
  return tenants.map(({ name, target, tags }) => ({ name, target, tags }));
};
const refused = (source: FleetSource) => expect(resolveTenants({ cwd, ...source })).rejects;

describe("a list", () => {
  test("holds targets and objects, comments and empty lines", async () => {
    const lines = [
      "# the fleet",
      "data/*.db",
      "",
      `{ "name": "acme", "url": "libsql://acme.example.com", "token": "secret", "tags": { "plan": "pro", "seats": 3 } }`,
      "libsql://globex.example.com",
    ];
    await writeFile(path.join(cwd, "tenants.txt"), `\uFEFF${lines.join("\r\n")}`);
    const tenants = await resolveTenants({ cwd, tenants: { list: "tenants.txt" }, authToken: "for all" });
    expect(tenants.map(({ name, config }) => [name, config.authToken])).toEqual([
      ["acme", "secret"],
      ["de", undefined],
      ["fr", undefined],
      ["globex.example.com", "for all"],
    ]);
    expect(tenants[0]?.tags).toEqual({ plan: "pro", seats: "3" });
  });

  test("may be a JSON array", async () => {
    await writeFile(path.join(cwd, "tenants.json"), `[{ "name": "acme", "url": "file:data/acme.db" }, "data/de.db"]`);
    expect((await found({ tenants: { list: "tenants.json" } })).map(({ name }) => name)).toEqual(["acme", "de"]);
  });

  test.each([
    ["is not JSON", `{ "name": "acme", "token": "s3cret" `],
    ["has no url", `{ "name": "acme", "token": "s3cret" }`],
    ["has a field of another name", `{ "name": "acme", "url": "file:a.db", "pasword": "s3cret" }`],
    ["has an engine that there is not", `{ "name": "acme", "url": "file:a.db", "engine": "s3cret" }`],
    ["has tags that are none", `{ "name": "acme", "url": "file:a.db", "tags": ["s3cret"] }`],
  ])("a line that %s is named, and not quoted", async (_, line) => {
    await writeFile(path.join(cwd, "bad.txt"), `data/de.db\n${line}\n`);
    const error: unknown = await resolveTenants({ cwd, tenants: { list: "bad.txt" } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "TARGET_INVALID", message: expect.stringContaining("bad.txt, line 2") });
    expect(String(error)).not.toContain("s3cret");
  });

  test("that is not there is an error", async () => {
    await refused({ tenants: { list: "nowhere.txt" } }).toMatchObject({ code: "TARGET_INVALID" });
  });
});

describe("a query on a control database", () => {
  const control = (): string => path.join(cwd, "control.db");

  beforeAll(async () => {
    const client = openFile(control());
    await client.executeMultiple(`
      CREATE TABLE tenants (slug TEXT, auth_token TEXT, region TEXT, tags TEXT);
      INSERT INTO tenants VALUES ('acme', 'secret', 'eu', '{"plan":"pro"}'), ('globex', NULL, NULL, NULL);`);
  });

  test("gives names, urls, tokens and tags", async () => {
    const query =
      "SELECT slug AS name, 'https://' || slug || '.example.com' AS url, auth_token, region, tags FROM tenants";
    const tenants = await resolveTenants({ tenants: { query, database: { url: `file:${control()}` } } });
    expect(tenants.map(({ name, config, tags }) => [name, config.url, config.authToken, tags])).toEqual([
      ["acme", "https://acme.example.com", "secret", { region: "eu", plan: "pro" }],
      ["globex", "https://globex.example.com", undefined, {}],
    ]);
  });

  test("paths start from the folder given", async () => {
    const query = "SELECT slug AS name, 'file:data/' || slug || '.db' AS url FROM tenants WHERE slug = 'acme'";
    const [acme] = await resolveTenants({ cwd, tenants: { query, database: { url: `file:${control()}` } } });
    expect(acme?.path).toBe(path.join(cwd, "data/acme.db"));
    expect(acme?.config.url).toBe(`file://${path.join(cwd, "data/acme.db")}`);
  });

  test("the database's path starts from the folder given; one that is not there is not made", async () => {
    const query = "SELECT slug AS name, 'file:' || slug || '.db' AS url FROM tenants";
    const folder = path.dirname(control());
    const of = (url: string) => found({ cwd: folder, tenants: { query, database: { url } } });
    expect(await of(`file:${path.basename(control())}`)).not.toEqual([]);
    await expect(of("file:none.db")).rejects.toMatchObject({ code: "TARGET_INVALID" });
    expect(await readdir(folder)).not.toContain("none.db");
  });

  test("a query that writes is refused", async () => {
    const query = "DELETE FROM tenants RETURNING slug AS name, 'file:x.db' AS url";
    await refused({ tenants: { query, database: { url: `file:${control()}` } } }).toMatchObject({
      code: "TARGET_INVALID",
    });
    const left = "SELECT slug AS name, 'file:' || slug || '.db' AS url FROM tenants";
    expect(await found({ tenants: { query: left, database: { url: `file:${control()}` } } })).not.toEqual([]);
  });

  test.each([
    ["the query is wrong", "SELECT nothing FROM nowhere"],
    ["a column is missing", "SELECT slug AS name FROM tenants"],
    ["tags are not JSON", "SELECT slug AS name, 'file:x.db' AS url, 'plan' AS tags FROM tenants"],
    ["the answer is empty", "SELECT slug AS name, 'file:x.db' AS url FROM tenants WHERE false"],
  ])("it is an error if %s", async (_, query) => {
    await refused({ tenants: { query, database: { url: `file:${control()}` } } }).toMatchObject({
      code: expect.stringMatching(/^(?:TARGET_INVALID|NO_TARGETS)$/u),
    });
  });
});

test("the namespaces of a server are found in its data folder or by a registry, and migrated", async () => {
  const dataDir = path.join(await scratchFolder(), "sqld");
  await using sqld = await startSqld({ namespaces: true, dataDir });
  for (const name of ["acme", "globex", "gone"]) await sqld.createNamespace(name);
  await sqld.deleteNamespace("gone");
  const byFolder = { sqld: { url: sqld.url, dataDir } };
  expect(await found({ tenants: byFolder })).toEqual([
    { name: "acme", target: `${sqld.url} (acme)`, tags: {} },
    { name: "globex", target: `${sqld.url} (globex)`, tags: {} },
  ]);
  const registry = { sqld: { url: sqld.url, namespaces: async () => ["globex"] } };
  expect((await migrateFleet({ dir: blogDir, tenants: registry })).counts).toMatchObject({ total: 1, migrated: 1 });
  expect((await migrateFleet({ dir: blogDir, tenants: byFolder })).counts).toMatchObject({ migrated: 1, upToDate: 1 });
  const globex = createClient(sqld.clientConfig("globex"));
  onTestFinished(() => globex.close());
  expect((await globex.execute("SELECT count(*) AS n FROM __drizzle_migrations")).rows[0]?.["n"]).toBe(2);
  await refused({ tenants: { sqld: { url: sqld.url } } }).toMatchObject({ code: "TARGET_INVALID" });
  await refused({ tenants: { sqld: { url: sqld.url, dataDir: cwd } } }).toMatchObject({ code: "TARGET_INVALID" });
  const overSocket = { name: "a", url: sqld.url.replace("http", "ws"), namespace: "acme" };
  await refused({ tenants: overSocket }).toMatchObject({ code: "TARGET_INVALID" });
});

test("databases of Turso Cloud are found group by group, with one token a group", async () => {
  const asked: string[] = [];
  await using platform = await startPlatform(({ method, url: { pathname, searchParams } }) => {
    asked.push(method);
    const group = searchParams.get("group");
    if (pathname.endsWith("/groups")) return { groups: [{ name: "eu" }, { name: "us" }] };
    if (pathname.endsWith("/auth/tokens")) return { jwt: `token of ${pathname.split("/").at(-3)}` };
    const names = group === "eu" ? ["acme", "globex"] : ["initech"];
    return { databases: names.map((name) => ({ Name: name, Hostname: `${name}-org.turso.io`, group })) };
  });
  const turso = { org: "org", token: platform.token, baseUrl: platform.baseUrl };
  const tenants = await resolveTenants({ tenants: { turso } });
  expect(tenants.map(({ name, target, tags }) => [name, target, tags["group"]])).toEqual([
    ["acme", "libsql://acme-org.turso.io", "eu"],
    ["globex", "libsql://globex-org.turso.io", "eu"],
    ["initech", "libsql://initech-org.turso.io", "us"],
  ]);
  const tokens = tenants.map(async ({ config: { authToken } }) =>
    typeof authToken === "function" ? authToken() : authToken,
  );
  expect(await Promise.all(tokens)).toEqual(["token of eu", "token of eu", "token of us"]);
  expect(asked.filter((method) => method === "POST")).toHaveLength(2);
  expect(await found({ tenants: { turso: { ...turso, groups: ["us"] } } })).toHaveLength(1);
  await refused({ tenants: { turso: { ...turso, token: "other" } } }).toMatchObject({ code: "TARGET_INVALID" });
});

test("targets, tenants and functions may be mixed; one database has one name", async () => {
  expect(
    await found({ tenants: ["data/*.db", { name: "acme", url: "file:data/acme.db", tags: { plan: "pro" } }] }),
  ).toEqual([
    { name: "acme", target: "file:data/acme.db", tags: { plan: "pro" } },
    { name: "de", target: "data/de.db", tags: {} },
    { name: "fr", target: "data/fr.db", tags: {} },
  ]);
  expect(await found({ tenants: "data/d*.db" })).toHaveLength(1);
  await refused({ tenants: ["data/de.db", { name: "germany", url: "file:data/de.db" }] }).toMatchObject({
    code: "TARGET_INVALID",
  });
  const twice = ["a", "b"].map((name) => ({ name, url: "libsql://acme.example.com" }));
  await refused({ tenants: twice }).toMatchObject({ code: "TARGET_INVALID" });
});

const fail = (): never => {
  throw new Error("registry is down");
};

// A configuration in JavaScript has no types.
test.each<[string, unknown]>([
  ["throws", async () => fail()],
  ["gives a number", () => 5],
  ["gives nothing", async () => null],
  ["gives what is no tenant", () => [null]],
  ["is a number", 5],
  ["is a query without a database", { query: "SELECT 1" }],
  ["is a registry that throws", { sqld: { url: "http://127.0.0.1:1", namespaces: fail } }],
])("it is an error that says so if what gives the tenants %s", async (_, tenants) => {
  await refused({ tenants: tenants as FleetSource["tenants"] }).toMatchObject({ code: "TARGET_INVALID" });
});
