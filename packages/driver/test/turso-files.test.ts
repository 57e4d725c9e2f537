import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { openLocal } from "../src/local/open.ts";
import { bound, expectCode, openEngine, rows, run, scratchFolder } from "./turso-fixture.ts";

/** A local engine with nothing special. */
const plain = {
  isMemory: false,
  encryptionKey: undefined,
  timeoutMs: undefined,
  statementCacheSize: 1,
  maxConnections: 1,
} as const;

/** Makes a file with Node's own SQLite. */
function makeFile(path: string, sql: string): void {
  const sqlite = new DatabaseSync(path);
  sqlite.exec(sql);
  sqlite.close();
}

/** Runs a module in a process of its own; its exports are those of `open.ts` and the parser, as `driver`. */
function runProcess(
  body: string,
  nodeArgs: readonly string[] = [],
): { status: number | null; stdout: string; stderr: string } {
  const source = (file: string): string =>
    JSON.stringify(pathToFileURL(join(import.meta.dirname, "../src", file)).href);
  const script = `
    const { openTurso } = await import(${source("turso/open.ts")});
    const { parseStatement } = await import(${source("sql/parse.ts")});
    const bound = (sql, args = []) => ({ sql, parsed: parseStatement(sql), args, intMode: "auto" });
    const open = (path) => openTurso({ path, isMemory: path === ":memory:", statementCacheSize: 10, maxConnections: 4 });
    ${body}`;
  const result = spawnSync(process.execPath, [...nodeArgs, "--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status: result.status, stdout: result.stdout.trim(), stderr: result.stderr };
}

describe("files", () => {
  it("creates the file, and finds it as it was left", async () => {
    const path = join(scratchFolder(), "new.db");
    const engine = openEngine({ path });
    expect(existsSync(path)).toBe(true);
    expect(await rows(engine, "PRAGMA journal_mode")).toEqual([["mvcc"]]);
    await run(engine, "CREATE TABLE t (a)");
    const tx = await engine.begin("concurrent", {});
    await run(tx, "INSERT INTO t VALUES ('kept')");
    await tx.commit();
    const open = await engine.begin("concurrent", {});
    await run(open, "INSERT INTO t VALUES ('lost')");
    engine.close();
    engine.close();
    expect(open.closed).toBe(true);
    expect(await rows(openEngine({ path }), "SELECT a FROM t")).toEqual([["kept"]]);
  });

  it("takes over a file that SQLite made, and gives it back in WAL mode", async () => {
    const path = join(scratchFolder(), "sqlite.db");
    makeFile(
      path,
      "PRAGMA journal_mode = wal; CREATE TABLE t (a INTEGER PRIMARY KEY, b AS (a * 2)); INSERT INTO t VALUES (1)",
    );
    const engine = openEngine({ path });
    await engine.batch([bound("INSERT INTO t (a) VALUES (2)")], "concurrent", {});
    expect(await rows(engine, "SELECT a, b FROM t ORDER BY a")).toEqual([
      [1, 2],
      [2, 4],
    ]);
    engine.close();
    expect(readFileSync(path).subarray(18, 20)).toEqual(Buffer.from([255, 255]));
  });

  it.each([
    ["zero", 0],
    ["one that is old", 1],
  ])("takes over a file whose header does not have its number of pages, but %s", async (_, stated) => {
    const path = join(scratchFolder(), "old.db");
    makeFile(path, "CREATE TABLE t (a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 'kept')");
    const bytes = readFileSync(path);
    bytes.writeUInt32BE(stated, 28);
    // The change for which that number stands, which SQLite before 3.7.0 did not write either.
    bytes.writeUInt32BE(0, 92);
    writeFileSync(path, bytes);
    // In a process of its own: the engine would end it.
    const { stdout } = runProcess(`
      const engine = open(${JSON.stringify(path)});
      await engine.execute(bound("INSERT INTO t VALUES (2, 'new')"), {});
      await engine.script("PRAGMA wal_checkpoint(TRUNCATE)", {});
      const { rows } = await engine.execute(bound("SELECT b FROM t ORDER BY a"), {});
      const { rows: whole } = await engine.execute(bound("PRAGMA integrity_check"), {});
      console.log(JSON.stringify([rows, whole]));
      engine.close();`);
    expect(JSON.parse(stdout)).toEqual([[["kept"], ["new"]], [["ok"]]]);
  });

  it("stays in MVCC mode when asked for another, and says so", async () => {
    const engine = openEngine();
    expect(await rows(engine, "PRAGMA journal_mode = wal")).toEqual([["mvcc"]]);
    (await engine.begin("concurrent", {})).close();
  });

  it("refuses a file with libSQL's vector index", async () => {
    const path = join(scratchFolder(), "vectors.db");
    const libsql = openLocal({ ...plain, library: "libsql", path });
    await libsql.script("CREATE TABLE t (e F32_BLOB(3)); CREATE INDEX i ON t (libsql_vector_idx(e))", {});
    libsql.close();
    const error = await expectCode(() => openEngine({ path }), "UNSUPPORTED");
    expect(error.message).toContain("i is a vector index");
  });

  it.each([
    ["a WITHOUT ROWID table", "CREATE TABLE w (a PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO w VALUES (1, 2)"],
    ["a full-text table", "CREATE VIRTUAL TABLE f USING fts5(x)"],
    ["a stored generated column", "CREATE TABLE g (a, b AS (a * 2) STORED)"],
    [
      "an AUTOINCREMENT table",
      "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, b); INSERT INTO a (b) VALUES (1)",
    ],
    ["auto_vacuum", "PRAGMA auto_vacuum = INCREMENTAL; VACUUM; CREATE TABLE t (a)"],
    ["UTF-16", "PRAGMA encoding = 'UTF-16'; CREATE TABLE t (a)"],
  ])("refuses a file that holds what it cannot read, and leaves it alone: %s", async (_, sql) => {
    const path = join(scratchFolder(), "other.db");
    makeFile(path, sql);
    const before = readFileSync(path);
    const error = await expectCode(() => openEngine({ path }), "UNSUPPORTED");
    expect(error.message).toContain("libsql");
    expect(readFileSync(path).equals(before)).toBe(true);
    makeFile(path, "SELECT 1");
  });

  it("says why a file cannot be opened", async () => {
    const folder = scratchFolder();
    const error = await expectCode(() => openEngine({ path: join(folder, "no/such/folder.db") }), "SQLITE_CANTOPEN");
    expect(error.message).toContain(join(folder, "no/such"));
    mkdirSync(join(folder, "folder.db"));
    await expectCode(() => openEngine({ path: join(folder, "folder.db") }), "SQLITE_CANTOPEN");
    writeFileSync(join(folder, "text.db"), "this is no database\n".repeat(500));
    await expectCode(() => openEngine({ path: join(folder, "text.db") }), "SQLITE_NOTADB");
    await expectCode(() => openEngine({ encryptionKey: "secret" }), "UNSUPPORTED");
    await expectCode(() => openEngine({ path: "file::memory:?cache=shared", isMemory: true }), "UNSUPPORTED");
  });

  it("keeps another library of the process out of the file, and another process", async () => {
    const path = join(scratchFolder(), "mine.db");
    const engine = openEngine({ path });
    await expectCode(() => openLocal({ ...plain, library: "sqlite", path }), "CONFIG_INVALID");
    const open = `try { open(${JSON.stringify(path)}); } catch (e) { console.log(e.code, e.isRetryable); }`;
    expect(runProcess(open).stdout).toBe("SQLITE_BUSY true");
    engine.close();
    expect(runProcess(`${open} console.log("opened");`).stdout).toBe("opened");
  });
});

describe("the process", () => {
  it("ends by itself once the engine is closed, whatever was open", () => {
    const path = join(scratchFolder(), "a.db");
    const { status, stdout } = runProcess(`
      const engine = open(${JSON.stringify(path)});
      await engine.execute(bound("CREATE TABLE t (a)"), {});
      const tx = await engine.begin("concurrent", {});
      await tx.execute(bound("INSERT INTO t VALUES (1)"), {});
      const chunks = engine.iterate(bound("SELECT * FROM t"), {});
      await chunks.next();
      await engine.begin("write", {});
      engine.close();
      console.log("closed", tx.closed);`);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "closed true" });
  });

  it("survives text that the engine itself would end it over", () => {
    const { status, stdout } = runProcess(`
      const engine = open(":memory:");
      await engine.execute(bound("CREATE TABLE t (a, b)"), {});
      const codes = [];
      const texts = ["SELECT 'a\\0b'", 'SELECT 1 AS "x\\0y"', "SELECT 1\\0", "SELECT quote('\\0')"];
      for (const sql of texts) {
        for (const attempt of [
          async () => engine.execute(bound(sql), {}),
          async () => engine.batch([bound(sql)], "write", {}),
          async () => engine.script(sql, {}),
          async () => engine.iterate(bound(sql), {}).next(),
        ]) await attempt().catch((error) => codes.push(error.code));
      }
      await engine.execute(bound("INSERT INTO t VALUES (?, ?)", ["a\\0b", "\\ud800"]), {});
      const { rows } = await engine.execute(bound("SELECT a, b, cast(x'ff41' AS TEXT) FROM t"), {});
      console.log(codes.length, new Set(codes).size, codes[0], JSON.stringify(rows));`);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '16 1 SQLITE_ERROR [["a\\u0000b","\ufffd","\ufffdA"]]' });
  });

  it("refuses queries that the engine itself would end it over, and runs their neighbours", () => {
    const { status, stdout } = runProcess(`
      const engine = open(":memory:");
      await engine.script("CREATE TABLE t (a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 2)", {});
      const refused = [
        ["SELECT count(*), b FROM t WHERE 0"], ["SELECT max(a), b FROM t WHERE a IN ()"], ["SELECT count(*), b FROM t LIMIT 0"],
        ["SELECT count(*), b FROM t LIMIT ?", [0]], ["SELECT count(*), b FROM t LIMIT (1 > 2)"],
        ["INSERT INTO t (a, b) SELECT count(*) + 9, b FROM t WHERE 0"], ["SELECT regexp('a')"], ["SELECT b -> b FROM t"],
      ];
      const codes = [];
      for (const [sql, args] of refused) {
        for (const attempt of [
          async () => engine.execute(bound(sql, args), {}),
          async () => engine.iterate(bound(sql, args), {}).next(),
          async () => args ?? engine.script("SELECT 1; " + sql, {}),
        ]) codes.push(await attempt().then(() => undefined, (error) => error.code));
      }
      const run = async (sql, args) => (await engine.execute(bound(sql, args), {})).rows;
      const neighbours = [
        await run("SELECT count(*), b FROM t WHERE a = ?", [5]), await run("SELECT count(*), b FROM t LIMIT ?", [1]),
        await run("SELECT count(*), b FROM t LIMIT 1"), await run("SELECT count(*) FROM t WHERE 0"),
        await run("EXPLAIN QUERY PLAN SELECT count(*), b FROM t WHERE a = 1").then((rows) => rows.length),
      ];
      console.log([...new Set(codes)].join(), JSON.stringify(neighbours));`);
    expect(status).toBe(0);
    expect(stdout).toBe("UNSUPPORTED, [[[0,null]],[[1,2]],[[1,2]],[[0]],1]");
  });

  it("survives iterations that outlive their transaction", () => {
    const path = join(scratchFolder(), "a.db");
    const { status, stdout } = runProcess(`
      const engine = open(${JSON.stringify(path)});
      await engine.execute(bound("CREATE TABLE t (a INTEGER PRIMARY KEY)"), {});
      await engine.execute(bound("INSERT INTO t SELECT value FROM generate_series(1, 500)"), {});
      const seen = [];
      for (const end of ["commit", "rollback", "close", "sql", "conflict"]) {
        const tx = await engine.begin("concurrent", {});
        const chunks = tx.iterate(bound("SELECT a FROM t"), {});
        await chunks.next();
        if (end === "sql") await tx.execute(bound("COMMIT"), {});
        else if (end === "conflict") {
          await engine.execute(bound("DELETE FROM t WHERE a = 1"), {});
          await (async () => tx.execute(bound("UPDATE t SET a = 1000 WHERE a = 1"), {}))().catch(() => undefined);
        } else await tx[end]();
        await chunks.next().catch((error) => seen.push(error.code));
      }
      const chunks = engine.iterate(bound("SELECT a FROM t"), {});
      await chunks.next();
      engine.close();
      await chunks.next().catch((error) => seen.push(error.code));
      console.log(seen.join());`);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^(TRANSACTION_CLOSED,){5}CLIENT_CLOSED$/);
  });

  it("says how to install the package where it is missing", () => {
    const hooks = `
      import { registerHooks } from "node:module";
      registerHooks({ resolve(specifier, context, next) {
        if (specifier.startsWith("@tursodatabase/")) throw Object.assign(new Error("no such package"), { code: "MODULE_NOT_FOUND" });
        return next(specifier, context);
      } });`;
    const { stdout } = runProcess(
      `try { open(":memory:"); } catch (error) { console.log(error.code, error.message); }`,
      ["--import", `data:text/javascript,${encodeURIComponent(hooks)}`],
    );
    expect(stdout).toContain("ENGINE_MISSING");
    expect(stdout).toContain("npm install @tursodatabase/database");
  });
});
