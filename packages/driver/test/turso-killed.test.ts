import { spawnSync } from "node:child_process";
import { cpSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, inject, it, onTestFinished, vi } from "vitest";
import { completeHeader, completeStep } from "../src/turso/recovery/complete-file.ts";
import { whileHeld } from "../src/turso/recovery/while-held.ts";
import { expectCode, openFile, scratchFile, startProgram } from "./local-fixture.ts";

vi.setConfig({ testTimeout: inject("soak") ? 3_600_000 : 60_000 });

const rounds = inject("soak") ? 1_000 : 8;

interface Opened {
  readonly values: unknown[];
  readonly whole: string;
}

/** Opens each file in a process of its own and writes into it; what it held before, or `undefined` from where on the process was gone. */
async function open(...files: readonly string[]): Promise<(Opened | undefined)[]> {
  const program = startProgram("open-turso", ...files);
  const opened: (Opened | undefined)[] = [];
  for (const _ of files) {
    const line = await program.line();
    opened.push(line === undefined ? undefined : (JSON.parse(line) as Opened));
  }
  await program.ended;
  return opened;
}

async function opening(file: string): Promise<unknown> {
  return openFile(file, { engine: "turso" });
}

/** A copy of a database of `testdata/killed`. */
function killedFile(name: string): string {
  const file = scratchFile();
  cpSync(fileURLToPath(new URL(`./testdata/killed/${name}`, import.meta.url)), join(file, ".."), { recursive: true });
  return file;
}

/** The bytes of a database and of the files beside it, by their ends. */
function bytesOf(file: string): Record<string, Buffer | undefined> {
  const read = (end: string): Buffer | undefined => {
    const name = `${file}${end}`;
    return readdirSync(join(file, "..")).includes(`test.db${end}`) ? readFileSync(name) : undefined;
  };
  return { db: read(""), wal: read("-wal"), log: read("-log") };
}

/** Takes the row out of the engine's own table, as it is before that is filled. */
function emptyMetaTable(file: string): void {
  const content = readFileSync(file);
  const pageSize = content.readUInt16BE(16);
  const start = content.indexOf("persistent_tx_ts_max");
  const page = content.subarray(start - (start % pageSize), start - (start % pageSize) + pageSize);
  expect(page.readUInt16BE(3)).toBe(1);
  page.fill(0, 1);
  page.writeUInt16BE(pageSize, 5);
  writeFileSync(file, content);
}

it(
  "opens every file whose creator was killed at any moment, and finds each commit that was acknowledged",
  { tags: ["soak"] },
  async () => {
    for (let round = 0; round < rounds; round += 1) {
      const folder = mkdtempSync(join(tmpdir(), "litefleet-killed-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const program = startProgram("create-until-killed", folder);
      const acknowledged = new Map<number, number>();
      let timer: ReturnType<typeof setTimeout> | undefined;
      for (let line = await program.line(); line !== undefined; line = await program.line()) {
        const [file = 0, commits = 0] = line.split(" ").map(Number);
        acknowledged.set(file, commits);
        timer ??= setTimeout(() => program.kill(), 20 + Math.random() * 60);
      }
      expect(await program.ended).toBeNull();
      // The newest two: the last one of those that were closed, and the one that the kill met.
      const made = readdirSync(folder).filter((name) => name.endsWith(".db"));
      const numbers = made.map((name) => Number.parseInt(name, 10)).toSorted((a, b) => b - a);
      const newest = numbers.slice(0, 2);
      const opened = await open(...newest.map((number) => join(folder, `${number}.db`)));
      for (const [i, number] of newest.entries()) {
        const commits = opened[i]?.values.length ?? 0;
        expect(opened[i], `round ${round}`).toEqual({ values: [1, 2, 3].slice(0, commits), whole: "ok" });
        expect(commits, `round ${round}`).toBeGreaterThanOrEqual(acknowledged.get(number) ?? 0);
      }
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

describe("a file that was left", () => {
  it.each([
    ["first-page", []],
    ["empty-table", []],
    ["taken-over", [1]],
    ["checkpoint", [1]],
  ])("is opened with all that was committed: %s", async (name, values) => {
    const file = killedFile(name);
    expect(await open(file, file)).toEqual([
      { values, whole: "ok" },
      { values, whole: "ok" },
    ]);
  });

  it.each([
    ["without the files beside it", ["-wal", "-log"]],
    ["without a log", ["-log"]],
  ])("right behind its first page is opened %s", async (_, ends) => {
    const file = killedFile("first-page");
    for (const end of ends) rmSync(`${file}${end}`);
    expect(await open(file)).toEqual([{ values: [], whole: "ok" }]);
  });

  it("is given its number of pages, and nothing else is changed", () => {
    const file = killedFile("first-page");
    const before = bytesOf(file);
    completeHeader(file);
    expect(before.db?.readUInt32BE(28)).toBe(0);
    before.db?.writeUInt32BE(1, 28);
    expect(bytesOf(file)).toEqual(before);
  });

  it("is given the header of its log, and nothing else is changed", () => {
    const file = killedFile("checkpoint");
    const before = bytesOf(file);
    expect(completeStep(file)).toBe(true);
    const { log, ...rest } = bytesOf(file);
    expect(log).toHaveLength(56);
    expect(rest).toEqual({ db: before["db"], wal: before["wal"] });
    expect(completeStep(file)).toBe(false);
  });

  it("is refused and left alone if transactions may be lost with it: its log has some, and a damaged header", async () => {
    const file = scratchFile();
    const made = openFile(file, { engine: "turso" });
    await made.batch(["CREATE TABLE t (n)", "INSERT INTO t VALUES (1)"], "write");
    made.close();
    const log = readFileSync(`${file}-log`);
    writeFileSync(`${file}-log`, Buffer.from(log).fill(0, 0, 20));
    const before = bytesOf(file);
    const error = await expectCode(opening(file), "SQLITE_CORRUPT");
    expect(error.message).toContain(file);
    expect(bytesOf(file)).toEqual(before);
    writeFileSync(`${file}-log`, log);
    expect(await open(file)).toEqual([{ values: [1], whole: "ok" }]);
  });

  it("is found in a file with as many tables as need pages of their own", async () => {
    const file = scratchFile();
    const made = openFile(file, { engine: "turso" });
    const tables = Array.from({ length: 200 }, (_, i) => `CREATE TABLE many_${i} (a, b, c, d, e, f)`);
    await made.batch([...tables, "CREATE TABLE t (n)", "INSERT INTO t VALUES (7)"], "write");
    await made.executeMultiple("PRAGMA wal_checkpoint(TRUNCATE)");
    await made.execute("INSERT INTO t VALUES (8)");
    await made.executeMultiple("PRAGMA wal_checkpoint(TRUNCATE)");
    made.close();
    emptyMetaTable(file);
    writeFileSync(`${file}-log`, readFileSync(`${killedFile("first-page")}-log`));
    expect(await open(file)).toEqual([{ values: [7, 8], whole: "ok" }]);
  });
});

describe("another process", () => {
  it("cannot open the file while it is completed", async () => {
    const file = killedFile("first-page");
    const program = fileURLToPath(new URL("./testdata/open-turso.ts", import.meta.url));
    const { stdout, stderr } = whileHeld(file, () =>
      spawnSync(process.execPath, [program, file], { encoding: "utf8" }),
    );
    expect(stdout).toBe("");
    expect(stderr).toContain("SQLITE_BUSY");
    expect(await open(file)).toEqual([{ values: [], whole: "ok" }]);
  });

  it("that has the file open keeps us from completing it", async () => {
    const held = scratchFile();
    const program = startProgram("open-turso", "hold", held);
    expect(await program.line()).toBeDefined();
    // The same file by another name, without what lies beside it, as if its creator were still at its first page.
    const file = scratchFile();
    linkSync(held, file);
    const content = readFileSync(held);
    writeFileSync(file, readFileSync(killedFile("first-page")));
    await expectCode(opening(file), "SQLITE_BUSY");
    expect(readFileSync(file).readUInt32BE(28)).toBe(0);
    writeFileSync(file, content);
    program.tell("end");
    expect(await program.ended).toBe(0);
  });
});
