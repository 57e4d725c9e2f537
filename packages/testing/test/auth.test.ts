import { readFileSync } from "node:fs";
import path from "node:path";
import { createClient } from "@libsql/client";
import { importSPKI, jwtVerify } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSqld } from "../src/index.ts";
import type { SqldServer, TokenClaims } from "../src/index.ts";

let sqld: SqldServer;

beforeAll(async () => {
  sqld = await startSqld({ auth: true, namespaces: true });
  await sqld.createNamespace("acme");
});
afterAll(() => sqld.stop());

interface Granted {
  readonly reads: boolean;
  readonly writes: boolean;
}

const everything: Granted = { reads: true, writes: true };
const readOnly: Granted = { reads: true, writes: false };
const nothing: Granted = { reads: false, writes: false };

async function granted(authToken: string | undefined): Promise<Granted> {
  const client = createClient({ ...sqld.clientConfig("acme"), authToken });
  const may = (sql: string): Promise<boolean> =>
    client.execute(sql).then(
      () => true,
      () => false,
    );
  try {
    return { reads: await may("SELECT 1"), writes: await may("CREATE TABLE IF NOT EXISTS t (x)") };
  } finally {
    client.close();
  }
}

test("a client's configuration holds a token, and none is refused", async () => {
  expect(await granted(sqld.clientConfig("acme").authToken)).toEqual(everything);
  expect(await granted(undefined)).toEqual(nothing);
  await using other = await startSqld({ auth: true });
  expect(await granted(await other.token())).toEqual(nothing);
});

test.each<[string, TokenClaims, Granted]>([
  ["nothing said", {}, everything],
  ["read only", { access: "ro" }, readOnly],
  ["this namespace", { namespace: "acme" }, everything],
  ["this namespace, read only", { namespace: "acme", access: "ro" }, readOnly],
  ["another namespace", { namespace: "other" }, nothing],
  ["expired for longer than the minute that sqld grants", { expiresInSeconds: -120 }, nothing],
  ["raw: this namespace", { p: { rw: { ns: ["acme"] } } }, everything],
  ["raw: this namespace, read only", { p: { ro: { ns: ["acme"] } } }, readOnly],
  ["raw: another namespace", { p: { rw: { ns: ["other"] } } }, nothing],
  ["raw: the legacy claims", { a: "ro", id: "acme" }, readOnly],
  ["raw: an expiry in the past", { exp: 1_000_000_000 }, nothing],
])("a token with %s", async (_, claims, expected) => {
  expect(await granted(await sqld.token(claims))).toEqual(expected);
});

test("a token opens a WebSocket and a namespace's own url", async () => {
  const url = await sqld.namespaceUrl("acme");
  for (const config of [
    { url, authToken: await sqld.token() },
    { url: url.replace("http", "ws"), authToken: await sqld.token() },
  ]) {
    const client = createClient(config);
    expect((await client.execute("SELECT 1 AS one")).rows[0]?.["one"]).toBe(1);
    client.close();
  }
});

test("another library verifies the token, which is good for an hour", async () => {
  const pem = readFileSync(path.join(path.dirname(sqld.dataDir), "jwt-key.pem"), "utf8");
  const { payload, protectedHeader } = await jwtVerify(await sqld.token(), await importSPKI(pem, "EdDSA"));
  expect(protectedHeader.alg).toBe("EdDSA");
  expect(payload).toMatchObject({ a: "rw" });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3_600);
});

test("tokens outlive a restart", async () => {
  const token = await sqld.token();
  await sqld.kill();
  await sqld.restart();
  expect(await granted(token)).toEqual(everything);
});

test("a server without authentication signs nothing", async () => {
  await using open = await startSqld();
  await expect(open.token()).rejects.toThrow(TypeError);
  expect(open.clientConfig().authToken).toBeUndefined();
});
