import { join } from "node:path";
import { inspect } from "node:util";
import { createClient, LitefleetError } from "@litefleet/driver";
import type { Config } from "@litefleet/driver";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import { describe, expect, it } from "vitest";
import { scratchFile } from "./local-fixture.ts";

const secret = "sEcReT-tok.en-123";

/** Whatever a program would log of a value. */
function expectNoSecret(value: unknown): void {
  const forms = [inspect(value, { depth: 12, showHidden: true, getters: true }), String(value)];
  if (value instanceof Error) forms.push(value.message, value.stack ?? "");
  else forms.push(JSON.stringify(value));
  for (const form of forms) expect(form).not.toContain(secret);
}

async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error;
  }
}

describe("a secret is not shown", () => {
  it.each<[string, Config]>([
    ["without a scheme", { url: `db.example.com?authToken=${secret}` }],
    ["of a scheme that is not known", { url: `ftp://localhost?authToken=${secret}` }],
    ["with a parameter that is not known", { url: `http://localhost?authToken=${secret}&more=1` }],
    ["with tls that cannot be", { url: `libsql://localhost?authToken=${secret}&tls=2` }],
    ["with an escape that is none", { url: `http://localhost/%zz?authToken=${secret}` }],
    ["with a password", { url: `http://user:${secret}@localhost` }],
    ["with a password and no scheme", { url: `user:${secret}@localhost` }],
    ["of a file with a password", { url: `file://user:${secret}@localhost/x.db` }],
    ["in memory", { url: `:memory:?authToken=${secret}` }],
    ["of a primary", { url: "file:copy.db", syncUrl: `ftp://localhost?authToken=${secret}` }],
    ["of a primary with a password", { url: "file:copy.db", syncUrl: `http://user:${secret}@localhost` }],
    ["beside a key that does not fit", { url: "http://localhost", encryptionKey: secret }],
    ["beside a token of a wrong kind", { url: "http://localhost", authToken: [secret] as never }],
  ])("by what refuses a URL %s", async (_, config) => {
    const error = await outcome(() => createClient(config));
    expect(error instanceof LitefleetError || error instanceof TypeError).toBe(true);
    expectNoSecret(error);
  });

  it.each(["http", "ws"] as const)("by a client over %s, its errors, transactions and status", async (protocol) => {
    await using sqld = await startSqld();
    await using proxy = await startFaultProxy({ target: protocol === "http" ? sqld.url : sqld.wsUrl });
    const client = createClient({ url: `${proxy.url}?authToken=${secret}` });
    const seen: unknown[] = [client, client.status(), client.prepare("SELECT 1")];
    const tx = await client.transaction("write");
    seen.push(await outcome(() => tx.execute("SELECT nothing")), tx);
    await tx.rollback();
    seen.push(await outcome(() => client.batch(["SELECT nothing"])));
    proxy.cut();
    seen.push(await outcome(() => client.execute("CREATE TABLE t (a)")));
    proxy.heal();
    proxy.blackhole();
    seen.push(await outcome(() => client.execute("SELECT 1", [], { timeoutMs: 50 })), client.status());
    client.close();
    for (const each of seen) expectNoSecret(each);
    expect(seen.filter((each) => each instanceof Error)).toHaveLength(4);
  });

  it("by a replica whose primary is away, its events and status", async () => {
    const url = `file:${join(scratchFile(), "..", "copy.db")}`;
    const client = createClient({ url, syncUrl: "http://127.0.0.1:9", authToken: secret });
    const seen: unknown[] = [client];
    client.on("error", (event) => void seen.push(event.error));
    seen.push(await outcome(() => client.sync()), await outcome(() => client.execute("CREATE TABLE t (a)")));
    seen.push(client.status().replica?.lastError);
    client.close();
    for (const each of seen) expectNoSecret(each);
    expect(seen.at(-1)).toBeInstanceOf(LitefleetError);
  });
});
