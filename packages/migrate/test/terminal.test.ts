import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { migrateFleet, openRuns } from "../src/index.ts";
import type { RunState } from "../src/index.ts";
import { countsOf, openFile, scratchFolder, writeFiles, writeFolder } from "./scratch.ts";
import { missingTerminal, startInTerminal } from "./terminal.ts";

vi.setConfig({ testTimeout: 120_000 });

const missing = missingTerminal();

describe.skipIf(missing !== undefined)(`on a terminal${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  let cwd: string;
  let dir: string;

  beforeEach(async () => {
    cwd = await scratchFolder();
    await mkdir(path.join(cwd, "data"));
    dir = await writeFolder({
      "0000_a": "CREATE TABLE old (x); INSERT INTO old VALUES (1);",
      "0001_b": "DROP TABLE old;",
    });
    for (const name of ["a", "b", "c"]) await writeFile(path.join(cwd, `data/${name}.db`), "");
    await migrateFleet({ dir, targets: "data/*.db", cwd, to: "0000_a" });
  });

  const up = (columns?: number) => startInTerminal(["up", "--dir", dir, "--targets", "data/*.db"], cwd, columns);
  const rows = async (): Promise<number> => {
    const client = openFile(path.join(cwd, "data/b.db"));
    const { rows: tables } = await client.execute("SELECT name FROM sqlite_schema WHERE name = 'old'");
    return tables.length === 0 ? 0 : (await countsOf(client, "old"))["old"]!;
  };

  const runStates = async (): Promise<RunState[]> => {
    const runs = await openRuns({ cwd }).catch(() => undefined);
    const states = (await runs?.list())?.map(({ state }) => state) ?? [];
    await runs?.close();
    return states;
  };

  test("what takes data away is asked about before a run begins, and done at yes", async () => {
    await migrateFleet({ dir, targets: "data/c.db", cwd });
    const run = up();
    await run.shows("Type yes to go on: ");
    expect(run.text()).toContain("Apply this to 2 tenants");
    expect(await runStates()).toEqual([]);
    run.type("yes\r");
    const { code, text } = await run.ended;
    expect(text).toContain("2 migrated");
    expect(code).toBe(0);
    expect(await rows()).toBe(0);
    expect(await runStates()).toEqual(["done"]);
  });

  test("down asks too; where nothing takes data away nobody is asked", async () => {
    const back = await writeFiles({
      "1_t.sql": "-- migrate:up\nCREATE TABLE t (x);\n-- migrate:down\nDROP TABLE t;\n",
    });
    await mkdir(path.join(cwd, "new"));
    const args = ["--dir", back, "--targets", path.join("new", "a.db")];
    expect(await startInTerminal(["up", ...args], cwd).ended).toMatchObject({ code: 0 });
    const down = startInTerminal(["down", ...args], cwd);
    await down.shows("Type yes to go on: ");
    down.type("yes\r");
    expect(await down.ended).toMatchObject({ code: 0 });
    expect(await runStates()).toEqual(["done", "done"]);
  });

  test.each([
    ["no", "no\r", 4],
    ["the end of the input", "\u0004", 4],
    ["Ctrl-C", "\u0003", 130],
  ])("%s is no yes", async (_, keys, expected) => {
    const run = up();
    await run.shows("Type yes to go on: ");
    run.type(keys);
    const { code, text } = await run.ended;
    expect(code, text).toBe(expected);
    expect(await rows()).toBe(1);
    expect(await runStates()).toEqual([]);
  });

  test("the progress is drawn in place and gone at the end; words of Ctrl-C stay", async () => {
    const holder = openFile(path.join(cwd, "data/a.db"));
    const writer = await holder.transaction("write");
    const args = ["up", "--dir", dir, "--targets", "data/*.db", "--allow-destructive", "--concurrency", "1"];
    const run = startInTerminal(args, cwd, 60);
    await run.shows("slowest: a ");
    run.type("\u0003");
    await run.shows("Stopping after the tenants that are under way");
    await writer.rollback();
    const { code, text } = await run.ended;
    expect(code).toBe(130);
    // A bar, a colour, and what takes them off the screen.
    expect(text).toMatch(/░/u);
    expect(text).toContain("\u001b[J");
    const lines = text.split(/\r?\n|\r|\p{Cc}\[J/u).map((line) => line.replaceAll(/\p{Cc}\[[\d;]*m/gu, ""));
    for (const line of lines.filter((one) => /░|slowest/u.test(one))) expect(line.length).toBeLessThan(60);
    expect(await rows()).toBe(1);
    holder.close();
  });
});
