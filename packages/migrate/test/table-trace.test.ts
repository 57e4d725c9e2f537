import { splitStatements } from "@litefleet/driver/sql";
import { describe, expect, test } from "vitest";
import { traceTables } from "../src/safety/table-trace.ts";
import type { TableTrace } from "../src/safety/table-trace.ts";
import { readEffect } from "../src/sql/effect.ts";

function trace(script: string): TableTrace {
  return traceTables(splitStatements(script).map(({ sql }) => readEffect(sql)));
}

describe("a table", () => {
  test("that no statement names is kept", () => {
    expect(trace("DELETE FROM b").fateOf("a")).toEqual({ kind: "kept", table: "a" });
  });

  test("that is rebuilt in drizzle-kit's way is kept and known as rebuilt", () => {
    const { fateOf, rebuilt } = trace(`
      CREATE TABLE __new_a (x); INSERT INTO __new_a SELECT x FROM a; DROP TABLE a; ALTER TABLE __new_a RENAME TO a`);
    expect(fateOf("A")).toEqual({ kind: "kept", table: "a" });
    expect(rebuilt).toEqual(["a"]);
  });

  test("that is renamed away, made anew and filled is kept", () => {
    const { fateOf, rebuilt } = trace(`
      ALTER TABLE a RENAME TO a_old; CREATE TABLE a (x); INSERT INTO a SELECT x FROM a_old; DROP TABLE a_old`);
    expect(fateOf("a")).toEqual({ kind: "kept", table: "a" });
    expect(rebuilt).toEqual(["a"]);
  });

  test("that is rebuilt twice is followed", () => {
    const rebuild = "CREATE TABLE n (x); INSERT INTO n SELECT x FROM a; DROP TABLE a; ALTER TABLE n RENAME TO a;";
    expect(trace(rebuild + rebuild).fateOf("a")).toEqual({ kind: "kept", table: "a" });
  });

  test("that is rebuilt with a filter may lose rows", () => {
    const { fateOf, rebuilt } = trace(`
      CREATE TABLE n (x); INSERT INTO n SELECT x FROM a WHERE x > 0; DROP TABLE a; ALTER TABLE n RENAME TO a`);
    expect(fateOf("a")).toEqual({ kind: "may-lose" });
    expect(rebuilt).toEqual(["a"]);
  });

  test("that is dropped or deleted from may lose rows, under any name", () => {
    expect(trace("DROP TABLE a").fateOf("a")).toEqual({ kind: "may-lose" });
    expect(trace("ALTER TABLE a RENAME TO b; DELETE FROM b").fateOf("a")).toEqual({ kind: "may-lose" });
    expect(trace("CREATE TABLE IF NOT EXISTS a (x); DELETE FROM a").fateOf("a")).toEqual({ kind: "may-lose" });
  });

  test("that is copied and kept is no rebuild", () => {
    const { fateOf, rebuilt } = trace("CREATE TABLE n AS SELECT * FROM a WHERE x");
    expect(fateOf("a")).toEqual({ kind: "kept", table: "a" });
    expect(rebuilt).toEqual([]);
  });

  test("whose name another takes over is told from it", () => {
    const { fateOf } = trace("ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a; DELETE FROM a");
    expect(fateOf("a")).toEqual({ kind: "kept", table: "c" });
    expect(fateOf("b")).toEqual({ kind: "may-lose" });
  });

  test("that others refer to keeps its rows in a new one when it is moved", () => {
    expect(trace("CREATE TABLE people AS SELECT * FROM users; DROP TABLE users").fateOf("users")).toEqual({
      kind: "kept",
      table: "people",
    });
  });
});
