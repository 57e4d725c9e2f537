import { describe, expect, it } from "vitest";
import type { Client } from "@litefleet/driver";
import { localEngines, openFile, scratchFile } from "./local-fixture.ts";

describe.each(localEngines)("columns of a star after the schema has changed on %s", (engine) => {
  const all = "SELECT * FROM t";
  const open = async (): Promise<Client> => {
    const client = openFile(scratchFile(), { engine });
    await client.execute("PRAGMA journal_mode = WAL");
    await client.executeMultiple("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    return client;
  };
  const row = async (of: Pick<Client, "execute">): Promise<unknown> => ({ ...(await of.execute(all)).rows[0] });

  it.each([
    ["a statement", (tx: Pick<Client, "execute">) => tx.execute("ALTER TABLE t ADD COLUMN b DEFAULT 2")],
    ["a script", (tx: Pick<Client, "executeMultiple">) => tx.executeMultiple("ALTER TABLE t ADD COLUMN b DEFAULT 2")],
  ])("are new for others at the commit of a transaction: %s", async (_, change) => {
    const client = await open();
    expect(await row(client)).toEqual({ a: 1 });
    const tx = await client.transaction("write");
    await change(tx);
    expect(await row(tx)).toEqual({ a: 1, b: 2 });
    expect(await row(client)).toEqual({ a: 1 });
    await tx.commit();
    expect(await row(client)).toEqual({ a: 1, b: 2 });
  });

  it("are old again after a rollback", async () => {
    const client = await open();
    const tx = await client.transaction("write");
    await tx.execute("ALTER TABLE t RENAME COLUMN a TO b");
    expect(await row(tx)).toEqual({ b: 1 });
    await tx.rollback();
    expect(await row(client)).toEqual({ a: 1 });
    const next = await client.transaction("write");
    expect(await row(next)).toEqual({ a: 1 });
    await next.rollback();
  });

  it("are new for another client of the file, and in what it streams", async () => {
    const file = scratchFile();
    const [writer, reader] = [openFile(file, { engine }), openFile(file, { engine })];
    await writer.executeMultiple("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    expect(await row(reader)).toEqual({ a: 1 });
    await writer.execute("ALTER TABLE t ADD COLUMN b DEFAULT 2");
    expect(await row(reader)).toEqual({ a: 1, b: 2 });
    await writer.batch(["ALTER TABLE t RENAME COLUMN b TO c"], "write");
    expect(await row(reader)).toEqual({ a: 1, c: 2 });
    for await (const streamed of reader.iterate(all)) expect({ ...streamed }).toEqual({ a: 1, c: 2 });
  });
});
