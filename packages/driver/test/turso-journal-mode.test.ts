import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { createClient } from "../src/create-client.ts";
import type { Client } from "../src/api.ts";
import { scratchFile } from "./local-fixture.ts";
import { closeAfterTest, expectCode } from "./turso-fixture.ts";

const open = (file: string): Client => closeAfterTest(createClient({ url: `file:${file}`, engine: "turso" }));

const count = async (client: Client): Promise<unknown> =>
  (await client.execute("SELECT count(*) AS n FROM t")).rows[0]?.["n"];

/** A file as SQLite makes it, with what the Turso engine can read. */
function makeFile(): string {
  const file = scratchFile();
  const sqlite = new DatabaseSync(file);
  sqlite.exec(`PRAGMA journal_mode = wal; CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER UNIQUE, twice AS (n * 2));
    CREATE INDEX i ON t (n DESC) WHERE n > 1; CREATE VIEW v AS SELECT id FROM t;
    CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET n = n WHERE id = 0; END;
    INSERT INTO t (n) VALUES (1), (2), (3);`);
  sqlite.close();
  return file;
}

function inspect(file: string): unknown {
  const sqlite = new DatabaseSync(file);
  try {
    return {
      integrity: sqlite.prepare("PRAGMA integrity_check").get()?.["integrity_check"],
      count: sqlite.prepare("SELECT count(*) AS n FROM t").get()?.["n"],
      mode: sqlite.prepare("PRAGMA journal_mode").get()?.["journal_mode"],
    };
  } finally {
    sqlite.close();
  }
}

describe("journalMode on the Turso engine", () => {
  it("takes a SQLite file to MVCC and back, and SQLite reads and writes it", async () => {
    const file = makeFile();
    const client = open(file);
    for (let round = 1; round <= 3; round += 1) {
      expect(await client.journalMode()).toBe("mvcc");
      expect(client.capabilities.concurrentWrites).toBe("mvcc");
      await client.transaction(async (tx) => tx.execute("INSERT INTO t (n) VALUES (?)", [BigInt(round * 10)]), {
        mode: "concurrent",
      });
      expect(await client.journalMode("wal")).toBe("wal");
      expect(client.capabilities.concurrentWrites).toBe("serialized");
      await client.transaction(async (tx) => tx.execute("INSERT INTO t (n) VALUES (?)", [BigInt(round * 10 + 1)]), {
        mode: "concurrent",
      });
      const tx = await client.transaction("concurrent");
      await tx.lock("t", 1);
      await tx.rollback();
      client.close();
      expect(inspect(file)).toEqual({ integrity: "ok", count: 3 + round * 3 - 1, mode: "wal" });
      const sqlite = new DatabaseSync(file);
      sqlite.exec(`INSERT INTO t (n) VALUES (${round * 10 + 2})`);
      sqlite.close();
      expect(existsSync(`${file}-log`) ? statSync(`${file}-log`).size : 0).toBe(0);
      await client.reconnect();
      expect(await count(client)).toBe(3 + round * 3);
    }
    await client.journalMode("wal");
    expect(await client.journalMode("wal")).toBe("wal");
    expect(await client.journalMode("mvcc")).toBe("mvcc");
    expect(await client.execute("PRAGMA journal_mode = wal")).toMatchObject({ rows: [{ journal_mode: "mvcc" }] });
  });

  it("is refused while transactions or iterations are open, and while another client has the file", async () => {
    const file = makeFile();
    const client = open(file);
    for (const mode of ["concurrent", "write", "read"] as const) {
      const tx = await client.transaction(mode);
      await expectCode(() => client.journalMode("wal"), "TRANSACTION_ACTIVE");
      await tx.rollback();
    }
    const rows = client.iterate("SELECT * FROM t");
    await rows.next();
    await expectCode(() => client.journalMode("wal"), "TRANSACTION_ACTIVE");
    await rows.return?.();
    const other = open(file);
    await expectCode(() => client.journalMode("wal"), "SQLITE_BUSY");
    other.close();
    expect(await client.journalMode()).toBe("mvcc");
    expect(await client.journalMode("wal")).toBe("wal");
    // A client that comes later keeps to it.
    const late = open(file);
    expect([await late.journalMode(), late.capabilities.concurrentWrites]).toEqual(["wal", "serialized"]);
    expect(await count(late)).toBe(3);
    await expectCode(() => client.journalMode("mvcc"), "SQLITE_BUSY");
  });

  it("waits for the writes called before it, and lets those called after it wait", async () => {
    const client = open(makeFile());
    const before = Array.from({ length: 20 }, (_, i) =>
      client.execute("INSERT INTO t (n) VALUES (?)", [BigInt(100 + i)]),
    );
    const switched = client.journalMode("wal");
    const after = [
      client.execute("INSERT INTO t (n) VALUES (500)"),
      client.batch(["INSERT INTO t (n) VALUES (501)"], "concurrent"),
      client.transaction((tx) => tx.execute("INSERT INTO t (n) VALUES (502)"), { mode: "concurrent" }),
      client.executeMultiple("INSERT INTO t (n) VALUES (503); INSERT INTO t (n) VALUES (504)"),
    ];
    const again = client.journalMode("mvcc");
    await Promise.all([...before, switched, ...after, again]);
    expect(await count(client)).toBe(28);
    expect(await client.journalMode()).toBe("mvcc");
    const closing = client.journalMode("wal");
    client.close();
    await expectCode(() => closing, "CLIENT_CLOSED");
  });

  it("refuses what the engine cannot read before anything is changed, in a file that has come to hold it", async () => {
    const file = makeFile();
    const client = open(file);
    await client.journalMode("wal");
    client.close();
    const sqlite = new DatabaseSync(file);
    sqlite.exec("CREATE TABLE g (a, b AS (a * 2) STORED)");
    sqlite.close();
    const before = readFileSync(file);
    await expectCode(() => client.reconnect(), "UNSUPPORTED");
    expect(() => open(file)).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("is refused while another process has the file, which then goes on", async () => {
    const file = makeFile();
    const client = open(file);
    const script = `const { DatabaseSync } = require("node:sqlite"); const s = new DatabaseSync(${JSON.stringify(file)});
      try { s.exec("PRAGMA busy_timeout = 0; INSERT INTO t (n) VALUES (9)"); console.log("in"); } catch (e) { console.log(e.errcode ?? e.message); }`;
    await client.journalMode("wal");
    expect(spawnSync(process.execPath, ["-e", script], { encoding: "utf8" }).stdout.trim()).not.toBe("in");
    client.close();
    expect(spawnSync(process.execPath, ["-e", script], { encoding: "utf8" }).stdout.trim()).toBe("in");
    expect(inspect(file)).toMatchObject({ integrity: "ok", count: 4 });
  });

  it("knows no other modes, and none in memory", async () => {
    const client = open(makeFile());
    await expect(client.journalMode("delete" as never)).rejects.toThrow(RangeError);
    const memory = closeAfterTest(createClient({ url: ":memory:", engine: "turso" }));
    await expectCode(() => memory.journalMode("mvcc"), "UNSUPPORTED");
  });
});

describe("a second client of a file", () => {
  it("does not drop the lock that keeps other processes out", () => {
    const file = makeFile();
    open(file);
    open(file).close();
    const script = `import { createClient } from ${JSON.stringify(new URL("../src/create-client.ts", import.meta.url).href)};
      try { createClient({ url: "file:${file}", engine: "turso" }); console.log("opened"); } catch (e) { console.log(e.code); }`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(stdout.trim()).toBe("SQLITE_BUSY");
  });
});
