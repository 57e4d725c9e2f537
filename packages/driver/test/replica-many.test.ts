import { execFile } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { startSqld } from "@litefleet/testing";
import { expect, it, onTestFinished } from "vitest";
import { createClient } from "../src/index.ts";
import { open, ownFolder, rejection, valueOf } from "./replica-fixture.ts";

const run = promisify(execFile);

/** What a process of its own measured. */
interface Use {
  readonly threads: number;
  readonly memory: number;
  readonly files: number;
}

// Where the system tells what a process uses.
it.runIf(process.platform === "linux")(
  "follows 64 databases of one server on a few threads, and lets go of them",
  { timeout: 120_000 },
  async () => {
    await using sqld = await startSqld({ namespaces: true, args: ["--max-active-namespaces", "200"] });
    for (let i = 0; i < 64; i += 1) {
      await sqld.createNamespace(`tenant${i}`);
      const writer = createClient(sqld.clientConfig(`tenant${i}`));
      await writer.batch(["CREATE TABLE t (x)", { sql: "INSERT INTO t VALUES (?)", args: [String(i)] }], "write");
      writer.close();
    }
    const script = new URL("testdata/many-replicas.ts", import.meta.url).pathname;
    // That the process ends by itself is a part of it.
    const { stdout } = await run(process.execPath, [script, sqld.url, await ownFolder(), "64"], { timeout: 60_000 });
    const { rows, before, during, after } = JSON.parse(stdout) as {
      rows: string[];
      before: Use;
      during: Use;
      after: Use;
    };
    expect(rows).toEqual(Array.from({ length: 63 }, (_, i) => `${i + 1} more`));
    expect(during.threads - before.threads).toBeLessThan(16);
    expect(during.memory - before.memory).toBeLessThan(64 * 5_000_000);
    expect(after.files).toBeLessThanOrEqual(before.files);
  },
);

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

it("goes on with a new token when the one that it has is revoked, and reads on without", async () => {
  await using sqld = await startSqld({ namespaces: true, auth: true });
  await sqld.createNamespace("a");
  const [first, second] = [issuer(), issuer()];
  const accept = async (key: string): Promise<void> => {
    const { status } = await fetch(`${sqld.adminUrl}/v1/namespaces/a/config`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ block_reads: false, block_writes: false, jwt_key: key }),
    });
    expect(status).toBe(200);
  };
  await accept(first.key);
  let issued = first.token;
  let asked = 0;
  const authToken = async (): Promise<string> => {
    asked += 1;
    return issued;
  };
  const replica = open({
    ...sqld.clientConfig("a"),
    url: `file:${join(await ownFolder(), "r.db")}`,
    syncUrl: sqld.url,
    authToken,
  });
  await replica.sync();
  await replica.execute("CREATE TABLE t (x)");
  expect(asked).toBe(1);
  await accept(second.key);
  issued = second.token;
  // By a write, and by a sync: asked once more each time.
  await replica.execute("INSERT INTO t VALUES (1)");
  expect(asked).toBe(2);
  await accept(first.key);
  issued = first.token;
  await replica.sync();
  expect(asked).toBe(3);
  await accept(second.key);
  expect(await rejection(replica.sync())).toMatchObject({ code: "AUTH_FAILED" });
  expect(await rejection(replica.execute("INSERT INTO t VALUES (2)"))).toMatchObject({ code: "AUTH_FAILED" });
  expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(1);
  expect(replica.status().replica).toMatchObject({ lastError: { code: "AUTH_FAILED" }, isPrimaryReachable: true });
});

it("says that its namespace was deleted, and reads on", async () => {
  await using sqld = await startSqld({ namespaces: true });
  await sqld.createNamespace("a");
  const config = { ...sqld.clientConfig("a"), url: `file:${join(await ownFolder(), "r.db")}`, syncUrl: sqld.url };
  const replica = open(config);
  await replica.batch(["CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"], "write");
  await sqld.deleteNamespace("a");
  expect(await rejection(replica.sync())).toMatchObject({ code: "NAMESPACE_NOT_FOUND" });
  expect(await rejection(replica.execute("INSERT INTO t VALUES (2)"))).toMatchObject({ code: "NAMESPACE_NOT_FOUND" });
  expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(1);
});

/** Somebody who signs tokens: sqld takes the public key as a JWK has it. */
function issuer(): { key: string; token: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const expiry = Math.floor(Date.now() / 1_000) + 3_600;
  const signed = `${part({ alg: "EdDSA", typ: "JWT" })}.${part({ a: "rw", exp: expiry })}`;
  const signature = sign(null, Buffer.from(signed), privateKey).toString("base64url");
  return { key: publicKey.export({ format: "jwk" }).x ?? "", token: `${signed}.${signature}` };
}
