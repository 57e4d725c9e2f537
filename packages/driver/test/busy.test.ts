import { statSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createClient } from "@litefleet/driver";
import { column, expectCode, localEngines, openFile, scratchFile, startProgram, valueOf } from "./local-fixture.ts";
import type { LocalEngine, Program } from "./local-fixture.ts";

const journalModes = ["WAL", "DELETE"] as const;

describe.each(localEngines)("locks on %s", (engine) => {
  describe.each(journalModes)("with journal_mode %s", (journal) => {
    it("lets two clients of a file take turns in the order they called, also through a link", async () => {
      const file = await newFile(engine, journal);
      const link = `${file}-link`;
      symlinkSync(file, link);
      const clients = [openFile(file, { engine }), openFile(link, { engine })];
      const order: number[] = [];
      await Promise.all(
        Array.from({ length: 40 }, async (_, i) => {
          const client = clients[i % 2]!;
          if (i % 8 === 7) return client.execute("INSERT INTO t VALUES (?)", [BigInt(i)]).then(() => order.push(i));
          return client.transaction(async (tx) => {
            await tx.execute("INSERT INTO t VALUES (?)", [BigInt(i)]);
            await new Promise((resolve) => setTimeout(resolve, 1));
            order.push(i);
          });
        }),
      );
      expect(order).toEqual(Array.from({ length: 40 }, (_, i) => i));
      expect(await valueOf(clients[0]!, "SELECT count(*) FROM t")).toBe(40);
    });

    it("waits for another process as long as `timeout` says, with the event loop free", async () => {
      const file = await newFile(engine, journal);
      const holder = await holdLock(file);
      const patient = openFile(file, { engine, timeout: 60_000 });
      const impatient = openFile(file, { engine, timeout: 20 });
      const writes = [
        patient.execute("INSERT INTO t VALUES (1)"),
        patient.batch(["INSERT INTO t VALUES (2)"], "write"),
      ];
      await expectCode(impatient.execute("INSERT INTO t VALUES (3)"), "SQLITE_BUSY");
      await expectCode(impatient.transaction("write"), "SQLITE_BUSY");
      const deferred = await impatient.transaction("deferred");
      expect(await valueOf(deferred, "SELECT count(*) FROM t")).toBe(0);
      await expectCode(deferred.execute("INSERT INTO t VALUES (3)"), "SQLITE_BUSY");
      deferred.close();
      holder.tell("release");
      await Promise.all(writes);
      await impatient.execute("INSERT INTO t VALUES (4)");
      expect(await column(patient, "SELECT a FROM t ORDER BY a")).toEqual([1, 2, 4]);
    });
  });

  it("fails behind another client's transaction, first the client that has less patience", async () => {
    const file = await newFile(engine, "WAL");
    const holder = await openFile(file, { engine }).transaction("write");
    const [none, some, much] = [undefined, 300, 60_000].map((timeout) => openFile(file, { engine, timeout }));
    const failed: string[] = [];
    const note = (name: string) => async (error: unknown) => {
      expect(error).toMatchObject({ code: "SQLITE_BUSY", rawCode: 5, isRetryable: true });
      failed.push(name);
    };
    const startedAt = performance.now();
    const later = much!.execute("INSERT INTO t VALUES (1)");
    const waiting = [
      some!.execute("INSERT INTO t VALUES (2)").catch(note("some")),
      some!.transaction("write").catch(note("some")),
      none!.execute("INSERT INTO t VALUES (3)").catch(note("none")),
      none!.batch(["INSERT INTO t VALUES (3)"], "write").catch(note("none")),
    ];
    await Promise.all(waiting);
    expect(failed).toEqual(["none", "none", "some", "some"]);
    // A lower bound: no machine is too slow for it.
    expect(performance.now() - startedAt).toBeGreaterThan(290);
    await holder.commit();
    await later;
    expect(await column(much!, "SELECT a FROM t")).toEqual([1]);
  });

  it("fails nobody in a line that moves on, also without a `timeout`", async () => {
    const file = await newFile(engine, "WAL");
    const clients = [openFile(file, { engine }), openFile(file, { engine })];
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        clients[i % 2]!.transaction(async (tx) => {
          await tx.execute("INSERT INTO t VALUES (?)", [i]);
          await new Promise((resolve) => setTimeout(resolve, 3));
        }),
      ),
    );
    expect(await valueOf(clients[0]!, "SELECT count(*) FROM t")).toBe(100);
  });

  it("shows the client's `timeout` as busy_timeout, and lets it be set", async () => {
    const file = await newFile(engine, "WAL");
    expect(await valueOf(openFile(file, { engine }), "PRAGMA busy_timeout")).toBe(0);
    const client = openFile(file, { engine, timeout: 1_234 });
    expect(await valueOf(client, "PRAGMA busy_timeout")).toBe(1_234);
    expect(await valueOf(client, "PRAGMA busy_timeout = 20")).toBe(20);
    expect(await valueOf(client, "PRAGMA busy_timeout")).toBe(20);
    const holder = await openFile(file, { engine }).transaction("write");
    await expectCode(client.execute("INSERT INTO t VALUES (1)"), "SQLITE_BUSY");
    await holder.rollback();
  });

  it("goes on after reads and writes that met a lock: nothing stale, nothing left locked", async () => {
    const file = await newFile(engine, "DELETE");
    const client = openFile(file, { engine, timeout: 20 });
    const read = client.prepare("SELECT count(*) FROM t");
    expect(await read.values()).toEqual([[0]]);
    const holder = await holdLock(file, "BEGIN EXCLUSIVE");
    await expectCode(read.values(), "SQLITE_BUSY");
    await expectCode(client.execute("SELECT max(a) FROM t"), "SQLITE_BUSY");
    await expectCode(client.execute("INSERT INTO t VALUES (1)"), "SQLITE_BUSY");
    await expectCode(client.iterate("SELECT a FROM t").next(), "SQLITE_BUSY");
    await expectCode(client.batch(["SELECT 1 FROM t"], "read"), "SQLITE_BUSY");
    holder.tell("INSERT INTO t VALUES (7)");
    holder.tell("release");
    expect([await holder.line(), await holder.line()]).toEqual(["INSERT INTO t VALUES (7)", "release"]);
    expect(await read.values()).toEqual([[1]]);
    expect(await valueOf(client, "SELECT max(a) FROM t")).toBe(7);
    await client.execute("INSERT INTO t VALUES (1)");
    await client.transaction(async (tx) => {
      await tx.execute("INSERT INTO t VALUES (2)");
    });
    // The other process can write: no lock of ours is left.
    holder.tell("lock");
    expect(await holder.line()).toBe("lock");
    holder.tell("release");
    expect(await holder.line()).toBe("release");
    expect(await column(client, "SELECT a FROM t ORDER BY a")).toEqual([1, 2, 7]);
  });

  it("refuses to commit what is not whole, and takes a sound connection for the next transaction", async () => {
    const file = await newFile(engine, "WAL");
    const client = openFile(file, { engine, timeout: 20 });
    const holder = await holdLock(file);
    const tx = await client.transaction("deferred");
    expect(await valueOf(tx, "SELECT count(*) FROM t")).toBe(0);
    await expectCode(tx.execute("INSERT INTO t VALUES (1)"), "SQLITE_BUSY");
    await expectCode(tx.commit(), "SQLITE_BUSY");
    expect(tx.closed).toBe(true);
    holder.tell("release");
    expect(await holder.line()).toBe("release");
    for (let i = 0; i < 3; i += 1) {
      const next = await client.transaction("deferred");
      await next.execute("INSERT INTO t VALUES (2)");
      await next.commit();
    }
    expect(await column(client, "SELECT a FROM t")).toEqual([2, 2, 2]);
  });

  it("commits a deferred transaction whose statement met a lock and was run again", async () => {
    const file = await newFile(engine, "WAL");
    const client = openFile(file, { engine, timeout: 20 });
    const holder = await holdLock(file);
    const tx = await client.transaction("deferred");
    await expectCode(tx.execute("INSERT INTO t VALUES (?)", [1]), "SQLITE_BUSY");
    holder.tell("release");
    expect(await holder.line()).toBe("release");
    await tx.execute("INSERT INTO t VALUES (?)", [2]);
    await tx.commit();
    expect(await column(client, "SELECT a FROM t")).toEqual([2]);
  });

  it("pins no snapshot with iterators that are left, lost or not begun", async () => {
    const file = await newFile(engine, "WAL");
    const client = openFile(file, { engine });
    await client.execute(
      "INSERT INTO t SELECT value FROM json_each('[' || trim(replace(hex(zeroblob(500)), '0', '1,'), ',') || ']')",
    );
    const before = client.status().openConnections;
    client.iterate("SELECT a FROM t");
    expect(client.status().openConnections).toBe(before);
    for await (const row of client.iterate("SELECT a FROM t")) {
      expect(row["a"]).toBe(1);
      break;
    }
    const stopped = client.prepare("SELECT a FROM t").iterate();
    await stopped.next();
    await stopped.return?.();
    const throwing = async (): Promise<void> => {
      for await (const _ of client.iterate("SELECT a FROM t")) throw new Error("mine");
    };
    await expect(throwing()).rejects.toThrow("mine");
    await client.transaction(async (tx) => {
      for await (const _ of tx.iterate("SELECT a FROM t")) break;
      // One that is neither ended nor left ends with its transaction.
      await tx.iterate("SELECT a FROM t").next();
      await tx.execute("INSERT INTO t VALUES (2)");
    });
    expect(await checkpoint(client)).toEqual({ busy: 0, walBytes: 0 });

    async function checkpoint(of: typeof client) {
      const { rows } = await of.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      return { busy: rows[0]?.["busy"], walBytes: statSync(`${file}-wal`).size };
    }
  });

  it("refuses a file that another engine has open in this process, until that is closed", async () => {
    const file = await newFile(engine, "WAL");
    const link = `${file}-link`;
    symlinkSync(file, link);
    const client = openFile(file, { engine });
    const others = (["libsql", "sqlite", "turso"] as const).filter((other) => other !== engine);
    for (const other of others) {
      for (const path of [file, link]) {
        expect(() => createClient({ url: `file:${path}`, engine: other })).toThrow(
          expect.objectContaining({ code: "CONFIG_INVALID" }),
        );
      }
    }
    await client.execute("INSERT INTO t VALUES (1)");
    client.close();
    for (const other of others.filter((name) => name !== "turso")) {
      const now = openFile(file, { engine: other });
      expect(await valueOf(now, "SELECT count(*) FROM t")).toBe(1);
      now.close();
    }
  });
});

async function newFile(engine: LocalEngine, journal: (typeof journalModes)[number]): Promise<string> {
  const file = scratchFile();
  const client = createClient({ url: `file:${file}`, engine });
  await client.execute(`PRAGMA journal_mode = ${journal}`);
  await client.execute("CREATE TABLE t (a INTEGER)");
  client.close();
  return file;
}

/** A process that has a lock on the file by now. */
async function holdLock(file: string, lock = "BEGIN IMMEDIATE"): Promise<Program> {
  const holder = startProgram("hold-lock", file, lock);
  expect(await holder.line()).toBe("ready");
  holder.tell("lock");
  expect(await holder.line()).toBe("lock");
  return holder;
}
