import { inspect } from "node:util";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRemote } from "../src/remote/open.ts";
import type { RemoteOptions } from "../src/remote/open.ts";
import { rejection, run, statement, valueOf } from "./remote-fixture.ts";

let sqld: SqldServer;
let fleet: SqldServer;
beforeAll(async () => {
  [sqld, fleet] = await Promise.all([startSqld({ auth: true }), startSqld({ auth: true, namespaces: true })]);
});
afterAll(() => Promise.all([sqld.stop(), fleet.stop()]));

/** Fails if an error holds `secret` anywhere that a log would show. */
function expectWithout(error: unknown, secret: string): void {
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(secret);
}

it.each(["http", "ws"] as const)("is let in over %s with a token, given or fetched", async (protocol) => {
  const url = new URL(protocol === "http" ? sqld.url : sqld.wsUrl);
  const token = await sqld.token();
  for (const authToken of [token, () => token, () => Promise.resolve(token)]) {
    const engine = openRemote({ url, authToken });
    expect(await valueOf(engine, "SELECT 1")).toBe(1);
    expect(inspect(engine, { depth: 10, showHidden: true })).not.toContain(token);
    engine.close();
  }
});

it.each(["http", "ws"] as const)("is kept out over %s without a good token", async (protocol) => {
  const url = new URL(protocol === "http" ? sqld.url : sqld.wsUrl);
  for (const authToken of ["secret.that.is-no-token", undefined]) {
    const engine = openRemote({ url, authToken });
    const transaction = await engine.begin("write", {});
    for (const call of [
      () => run(engine, "SELECT 1"),
      () => run(engine, "CREATE TABLE t (x)"),
      () => engine.batch([statement("SELECT 1")], "read", {}),
      () => engine.script("CREATE TABLE t (x)", {}),
      () => engine.iterate(statement("SELECT 1"), {}).next(),
      () => run(transaction, "SELECT 1"),
    ]) {
      const error = await rejection(call());
      expect(error).toMatchObject({ code: "AUTH_FAILED", isRetryable: false });
      expectWithout(error, "secret.that");
    }
    engine.close();
  }
});

it("does not write with a token that only reads", async () => {
  const rw = openRemote({ url: new URL(sqld.url), authToken: await sqld.token() });
  await run(rw, "CREATE TABLE IF NOT EXISTS ro (x)");
  const engine = openRemote({ url: new URL(sqld.url), authToken: await sqld.token({ a: "ro" }) });
  expect(await valueOf(engine, "SELECT count(*) FROM ro")).toBe(0);
  await expect(run(engine, "INSERT INTO ro VALUES (1)")).rejects.toMatchObject({ code: "AUTH_FAILED" });
  expect(await valueOf(rw, "SELECT count(*) FROM ro")).toBe(0);
  rw.close();
  engine.close();
});

it.each(["http", "ws"] as const)("asks once for another token over %s when the first is refused", async (protocol) => {
  const good = await sqld.token();
  const tokens = ["stale.token.zero", good];
  let asked = 0;
  const engine = openRemote({
    url: new URL(protocol === "http" ? sqld.url : sqld.wsUrl),
    authToken: () => {
      asked += 1;
      return tokens[asked - 1] ?? "none.left.now";
    },
  });
  const values = await Promise.all([
    valueOf(engine, "SELECT 1"),
    valueOf(engine, "PRAGMA foreign_keys"),
    valueOf(engine, "SELECT 3"),
  ]);
  expect(values).toEqual([1, 1, 3]);
  expect(asked).toBe(2);
  engine.close();
});

it("says when no token can be fetched, and asks again next time", async () => {
  const token = await sqld.token();
  const answers = [
    () => Promise.reject(new Error("vault is down")),
    () => {
      throw new Error("vault is down");
    },
    () => token,
  ];
  let asked = 0;
  const engine = openRemote({
    url: new URL(sqld.url),
    authToken: () => {
      asked += 1;
      return answers[asked - 1]?.() ?? token;
    },
  });
  const failed = { code: "AUTH_FAILED", cause: { message: "vault is down" } };
  expect(await rejection(run(engine, "SELECT 1"))).toMatchObject(failed);
  expect(await rejection(run(engine, "SELECT 1"))).toMatchObject(failed);
  expect(await valueOf(engine, "SELECT 1")).toBe(1);
  engine.close();
});

it("shows no secret in any error", async () => {
  const secret = "very-secret-token";
  const spoiled: Partial<RemoteOptions>[] = [
    { authToken: `${secret}\n` },
    { authToken: secret, remoteEncryptionKey: "very-secret-token\u0001" },
    {
      authToken: secret,
      fetch: (request) => Promise.resolve(new Response(request.headers.get("authorization"), { status: 500 })),
    },
    {
      authToken: secret,
      fetch: (request) => Promise.resolve(new Response(request.headers.get("authorization"), { status: 400 })),
    },
  ];
  for (const options of spoiled) {
    const engine = openRemote({ url: new URL(sqld.url), ...options });
    expectWithout(await rejection(run(engine, "SELECT 1")), secret);
    expectWithout(await rejection(run(engine, "CREATE TABLE t (x)")), secret);
    engine.close();
  }
  const withPassword = new URL(`http://user:${secret}@127.0.0.1:1`);
  const error = await rejection((async () => openRemote({ url: withPassword }))());
  expect(error).toMatchObject({ code: "URL_INVALID" });
  expectWithout(error, secret);
});

it("refuses a URL of another kind", async () => {
  const error = await rejection((async () => openRemote({ url: new URL("file:///tmp/a.db") }))());
  expect(error).toMatchObject({ code: "URL_SCHEME_NOT_SUPPORTED" });
});

it("reaches a namespace through fetch, and tells one that is not there", async () => {
  await fleet.createNamespace("acme");
  await fleet.createNamespace("umbrella");
  const open = (namespace: string): ReturnType<typeof openRemote> => {
    const { url, authToken, fetch } = fleet.clientConfig(namespace);
    return openRemote({ url: new URL(url), authToken, fetch });
  };
  const acme = open("acme");
  const umbrella = open("umbrella");
  await run(acme, "CREATE TABLE only_here (x)");
  expect(await valueOf(acme, "SELECT count(*) FROM only_here")).toBe(0);
  await expect(run(umbrella, "SELECT count(*) FROM only_here")).rejects.toMatchObject({ code: "SQLITE_UNKNOWN" });
  const nowhere = open("nowhere");
  await expect(run(nowhere, "SELECT 1")).rejects.toMatchObject({ code: "NAMESPACE_NOT_FOUND", isRetryable: true });
  for (const engine of [acme, umbrella, nowhere]) engine.close();
});
