import { createClient as createPeer } from "@libsql/client";
import type * as peer from "@libsql/client";
import { createClient, LibsqlBatchError, LibsqlError } from "@litefleet/driver";
import type {
  Client,
  Config,
  InArgs,
  InStatement,
  InValue,
  IntMode,
  Replicated,
  ResultSet,
  Row,
  Transaction,
  TransactionMode,
  Value,
} from "@litefleet/driver";
import { describe, expect, it } from "vitest";

/** As a project writes it: every type by its name, with only the import changed. */
async function program(open: (config: Config) => Client): Promise<unknown[]> {
  const intMode: IntMode = "number";
  const config: Config = { url: ":memory:", intMode, concurrency: 20, fetch: globalThis.fetch, timeout: 100 };
  const db: Client = open(config);
  const seen: unknown[] = [db.protocol, db.closed];
  const create: InStatement = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE, body BLOB)";
  const [made]: ResultSet[] = await db.batch([create], "write");
  seen.push(made?.rowsAffected);
  const values: InValue[] = ["one", new Uint8Array([1, 2])];
  const inserted = await db.execute({ sql: "INSERT INTO notes (text, body) VALUES (?, ?)", args: values });
  seen.push(inserted.rowsAffected, inserted.lastInsertRowid, inserted.toJSON());
  const named: InArgs = { text: "two" };
  await db.execute("INSERT INTO notes (text) VALUES (:text)", named);
  const mode: TransactionMode = "write";
  const tx: Transaction = await db.transaction(mode);
  try {
    await tx.execute("UPDATE notes SET text = 'three' WHERE id = 2");
    await tx.batch(["SELECT 1", { sql: "DELETE FROM notes WHERE id = ?", args: [9] }]);
    await tx.executeMultiple("SELECT 1; SELECT 2");
    await tx.commit();
  } finally {
    tx.close();
  }
  seen.push(tx.closed);
  const rows: Row[] = (await db.execute("SELECT id, text, body FROM notes ORDER BY id")).rows;
  const first: Value | undefined = rows[0]?.["text"];
  seen.push(first, rows[0]?.length, rows[1]?.[1], rows[0]?.["body"], Object.keys(rows[0] ?? {}));
  for (const failing of [
    () => db.execute("INSERT INTO notes (text) VALUES ('one')"),
    () => db.execute("SELECT nothing"),
  ]) {
    const error: unknown = await failing().catch((reason: unknown) => reason);
    if (error instanceof LibsqlError) seen.push(error.name, error.code, error.extendedCode, error.rawCode);
  }
  const inBatch: unknown = await db.batch(["SELECT 1", "SELECT nothing"], "read").catch((reason: unknown) => reason);
  if (inBatch instanceof LibsqlBatchError) seen.push(inBatch.name, inBatch.code, inBatch.statementIndex);
  seen.push((await db.migrate(["ALTER TABLE notes ADD COLUMN more"])).length);
  const synced: Promise<Replicated> = db.sync();
  await synced.catch(() => undefined);
  db.close();
  seen.push(db.closed);
  const late: unknown = await db.execute("SELECT 1").catch((reason: unknown) => reason);
  seen.push(late instanceof LibsqlError && late.code);
  void db.reconnect();
  seen.push(db.closed, (await db.execute("SELECT 1 AS a")).rows.length);
  db.close();
  return seen;
}

describe("code of a project of the peer's", () => {
  it("compiles and does the same with the import changed", async () => {
    const ours = await program(createClient);
    // The peer's client stands in for ours as far as the program goes; the types say the other direction.
    const theirs = await program(createPeer as unknown as typeof createClient);
    expect(ours).toEqual(theirs);
    expect(ours.length).toBeGreaterThan(25);
  });

  it("hands our client and transaction to what takes the peer's", async () => {
    const first = async (client: peer.Client): Promise<peer.Value | undefined> =>
      (await client.execute("SELECT 7 AS n")).rows[0]?.["n"];
    const inside = async (tx: peer.Transaction): Promise<peer.ResultSet[]> => tx.batch(["SELECT 1", "SELECT 2"]);
    await using client = createClient({ url: ":memory:" });
    expect(await first(client)).toBe(7);
    expect(await client.transaction(inside)).toHaveLength(2);
  });
});
