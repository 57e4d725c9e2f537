import { readdirSync } from "node:fs";
import { join } from "node:path";
import { startSqld } from "@litefleet/testing";
import { expect, it, onTestFinished } from "vitest";
import { createClient } from "../src/index.ts";
import { open, ownFolder, rejection, valueOf } from "./replica-fixture.ts";

it("follows 64 databases of one server on a few threads", { timeout: 60_000 }, async () => {
  await using sqld = await startSqld({ namespaces: true, args: ["--max-active-namespaces", "200"] });
  const folder = await ownFolder();
  const names = Array.from({ length: 64 }, (_, i) => `tenant${i}`);
  for (const name of names) {
    await sqld.createNamespace(name);
    const writer = createClient(sqld.clientConfig(name));
    await writer.batch(["CREATE TABLE t (x)", { sql: "INSERT INTO t VALUES (?)", args: [name] }], "write");
    writer.close();
  }
  // The global fetch and the native library start theirs; ours come with the replicas.
  const first = open({ ...sqld.clientConfig(names[0]), url: `file:${join(folder, "0.db")}`, syncUrl: sqld.url });
  await first.sync();
  const before = threads();
  const replicas = names
    .slice(1)
    .map((name) => open({ ...sqld.clientConfig(name), url: `file:${join(folder, `${name}.db`)}`, syncUrl: sqld.url }));
  await Promise.all(replicas.map((replica) => replica.sync()));
  await Promise.all(
    replicas.map(async (replica, i) => {
      await replica.execute("INSERT INTO t VALUES (?)", ["more"]);
      expect(await valueOf(replica, "SELECT group_concat(x) FROM t")).toBe(`${names[i + 1]},more`);
    }),
  );
  expect(threads() - before).toBeLessThan(24);
  for (const replica of replicas) replica.close();
});

it("takes its token from a function, again when the server refuses it", async () => {
  await using sqld = await startSqld({ auth: true });
  const folder = await ownFolder();
  const good = await sqld.token();
  const expired = await sqld.token({ expiresInSeconds: -3_600 });
  const writer = createClient({ url: sqld.url, authToken: good });
  onTestFinished(() => writer.close());
  await writer.batch(["CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"], "write");
  const given: string[] = [];
  const replica = open({
    url: `file:${join(folder, "r.db")}`,
    syncUrl: sqld.url,
    authToken: async () => {
      const token = given.length < 1 ? expired : good;
      given.push(token);
      return token;
    },
  });
  // The first token has expired: it is replaced, and the call goes on.
  await replica.sync();
  expect(await valueOf(replica, "SELECT x FROM t")).toBe(1);
  await replica.execute("INSERT INTO t VALUES (2)");
  expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(2);
  const refused = open({ url: `file:${join(folder, "s.db")}`, syncUrl: sqld.url, authToken: expired });
  expect(await rejection(refused.sync())).toMatchObject({ code: "AUTH_FAILED" });
});

/** The threads of this process, where the system tells. */
function threads(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/task").length : 0;
}
