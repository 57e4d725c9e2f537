import type { JournalMode } from "@litefleet/driver";
import { createVectorIndex } from "@litefleet/driver/vector";
import { expect, it } from "vitest";
import type { SuiteContext } from "../engine-suite.ts";
import type { EngineName } from "../engine-table.ts";
import { expectCode, rejection } from "../rejection.ts";

/** The code with which an encryption key is refused; in memory there is nothing to encrypt, and the key is not looked at. */
const refusalOfKey: Readonly<Record<EngineName, string | undefined>> = {
  "libsql memory": undefined,
  "libsql file": undefined,
  "sqld http": "ENCRYPTION_KEY_NOT_SUPPORTED",
  "sqld ws": "ENCRYPTION_KEY_NOT_SUPPORTED",
  replica: undefined,
  "turso mvcc": "UNSUPPORTED",
  "turso offline": "UNSUPPORTED",
  "sqlite memory": undefined,
  "sqlite file": "UNSUPPORTED",
};

/** The journal mode that a new database of an engine is in. */
const journalMode: Readonly<Record<EngineName, JournalMode>> = {
  "libsql memory": "memory",
  "libsql file": "delete",
  "sqld http": "wal",
  "sqld ws": "wal",
  replica: "wal",
  "turso mvcc": "mvcc",
  "turso offline": "wal",
  "sqlite memory": "memory",
  "sqlite file": "delete",
};

/** What an engine says it can do, it does; what it cannot, fails in a way that a program can tell. */
export function capabilities({ name, entry, open }: SuiteContext): void {
  const can = entry.capabilities;

  it("says what it can do", () => {
    expect(open().capabilities).toEqual(can);
  });

  it(can.sync ? "syncs" : "refuses to sync", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a)");
    if (can.offlineWrites) expect(await client.sync()).toBeUndefined();
    else if (can.sync)
      expect(await client.sync()).toEqual({ frame_no: expect.any(Number), frames_synced: expect.any(Number) });
    else await expectCode(client.sync(), "UNSUPPORTED");
  });

  it(can.vectorDistance ? "measures vectors" : "has no vector functions", async () => {
    const distance = open().execute("SELECT vector_distance_cos(vector32('[1,0]'), vector32('[0,1]')) AS d");
    if (can.vectorDistance) expect((await distance).rows[0]?.["d"]).toBeCloseTo(1, 6);
    else expect(await rejection(distance)).toBeInstanceOf(Error);
  });

  it(can.recursiveCte ? "runs a recursive query" : "refuses a recursive query", async () => {
    const query = open().execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) AS s FROM n",
    );
    if (can.recursiveCte) expect((await query).rows[0]?.["s"]).toBe(15);
    else await expectCode(query, "UNSUPPORTED");
  });

  it(can.fullTextSearch ? "searches text" : "refuses a full-text table", async () => {
    const client = open();
    const made = client.execute("CREATE VIRTUAL TABLE notes USING fts5(body)");
    if (!can.fullTextSearch) {
      await expectCode(made, "UNSUPPORTED");
      return;
    }
    await made;
    await client.execute("INSERT INTO notes VALUES ('the quick brown fox')");
    expect((await client.execute("SELECT count(*) AS n FROM notes WHERE notes MATCH 'quick'")).rows[0]?.["n"]).toBe(1);
    await client.execute("DROP TABLE notes");
  });

  it(can.vectorIndex ? "makes a vector index" : "refuses a vector index", async () => {
    const client = open();
    await client.execute("CREATE TABLE places (name TEXT, position F32_BLOB(3))");
    const made = createVectorIndex(client, { table: "places", column: "position" });
    if (can.vectorIndex) expect(await made).toBeTypeOf("string");
    else await expectCode(made, "UNSUPPORTED");
  });

  it(refusalOfKey[name] === undefined ? "takes an encryption key" : "refuses an encryption key", () => {
    const code = refusalOfKey[name];
    const opening = (): unknown => open({ encryptionKey: "secret" }).closed;
    if (code === undefined) expect(opening()).toBe(false);
    else expect(opening).toThrow(expect.objectContaining({ code }));
  });

  it("tells its journal mode, and changes it where it can", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a)");
    const first = journalMode[name];
    expect(await client.journalMode()).toBe(first);
    await expect(client.journalMode("delete" as never)).rejects.toThrow(RangeError);
    if (can.concurrentWrites === "mvcc") expect(await client.journalMode("mvcc")).toBe("mvcc");
    else await expectCode(client.journalMode("mvcc"), "UNSUPPORTED");
    if (first === "memory") await expectCode(client.journalMode("wal"), "UNSUPPORTED");
    else expect(await client.journalMode("wal")).toBe("wal");
    expect(await client.journalMode()).toBe(first === "memory" ? first : "wal");
    await client.execute("INSERT INTO t VALUES (1)");
    expect((await client.execute("SELECT a FROM t")).rows).toHaveLength(1);
  });

  it(
    can.offlineWrites ? "keeps writes until they are pushed" : "refuses writes while the primary is away",
    async () => {
      const client = open();
      if (!can.offlineWrites) {
        expect(() => open({ offline: true })).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
        for (const call of ["push", "pull", "conflicts"] as const) await expectCode(client[call](), "UNSUPPORTED");
        return;
      }
      await client.execute("CREATE TABLE kept (id TEXT PRIMARY KEY)");
      await client.execute("INSERT INTO kept VALUES ('a')");
      expect(client.status().pending).toBe(1);
      expect(await client.push()).toEqual({ pushed: 1, rejected: 0 });
      expect(client.status().pending).toBe(0);
      expect(await client.conflicts()).toEqual([]);
    },
  );

  it("says which protocol it speaks", () => {
    const protocol = name === "sqld http" ? "http" : name === "sqld ws" ? "ws" : "file";
    expect(open().protocol).toBe(protocol);
  });

  it("tells its status without a secret", async () => {
    const client = open();
    await client.execute("SELECT 1");
    const status = client.status();
    expect(status.closed).toBe(false);
    expect(status.queuedWrites).toBe(0);
    client.close();
    expect(client.status().closed).toBe(true);
  });
}
