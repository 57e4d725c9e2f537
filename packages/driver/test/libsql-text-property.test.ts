import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@litefleet/driver";
import type { IntMode, Value } from "@litefleet/driver";
import fc from "fast-check";
import type Database from "libsql";
import { expect, inject, it } from "vitest";

const openRaw = createRequire(import.meta.url)("libsql") as new (path: string) => Database.Database;

/** SQL of a value: of every kind, and of some that are mistaken for others. */
const valueSql = fc.oneof(
  fc.constantFrom(
    "NULL",
    "9e999",
    "-9e999",
    "1e300",
    "0.1 + 0.2",
    "'1.5'",
    "''",
    "x''",
    "x'00'",
    "char(0)",
    "char(55296)",
  ),
  fc.constantFrom(
    "'[1]'",
    "json('[1.5]')",
    `json('"a"')`,
    "jsonb('[1]')",
    `'{"a":"\\ud800"}'`,
    "'\uFFFD'",
    "'X''00'''",
  ),
  fc.maxSafeInteger().map(String),
  fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((real) => (real === 0 ? "0.0" : real.toExponential())),
  fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => `'${text.replaceAll("'", "''").replaceAll("\0", "")}'`),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => `CAST(x'${Buffer.from(bytes).toString("hex")}' AS TEXT)`),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => `x'${Buffer.from(bytes).toString("hex")}'`),
);

const declaredType = fc.constantFrom(
  "TEXT",
  "INTEGER",
  "REAL",
  "NUMERIC",
  "BLOB",
  "",
  "VARCHAR(10)",
  "DOUBLE",
  "BOOLEAN",
);

const tables = fc.record({
  types: fc.array(declaredType, { minLength: 3, maxLength: 3 }),
  rows: fc.array(fc.tuple(valueSql, valueSql, valueSql), { maxLength: 9 }),
});

const expressions = fc.oneof(
  fc.constantFrom("a", "b", "c", "t.a", "id"),
  valueSql,
  fc.constantFrom(
    "a || ''",
    "typeof(b)",
    "lower(c)",
    "CAST(a AS TEXT)",
    "CAST(b AS BLOB)",
    "coalesce(c, 'x')",
    "id * 1.1",
  ),
  fc.constantFrom(
    "json('[1, 2.5]')",
    "json_array(1.1, 'a')",
    "(SELECT count(*) FROM t)",
    "a IS NULL",
    "id + 9007199254740990",
  ),
  fc.constantFrom(`'{"a":"\\ud800"}' ->> 'a'`, `CASE WHEN id % 2 THEN a ELSE json('["z"]') END`, "max(a, b)"),
);

const queries = fc.oneof(
  fc
    .tuple(
      fc.array(expressions, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(
        "t ORDER BY id",
        "t WHERE id = 1",
        "t WHERE id < 4 ORDER BY id DESC",
        "v t ORDER BY id",
        "t GROUP BY id",
      ),
    )
    .map(([columns, rest]) => `SELECT ${columns.join(", ")} FROM ${rest}`),
  fc.constantFrom(
    "SELECT * FROM t ORDER BY id",
    "SELECT *, * FROM v ORDER BY id",
    "SELECT x.*, y.a FROM t x LEFT JOIN t y ON y.id = x.id + 1 ORDER BY x.id",
    "SELECT a FROM t UNION ALL SELECT json('[1]') UNION ALL SELECT 1.23456789012345678",
    "SELECT count(*), avg(id), group_concat(typeof(a)) FROM t",
    "SELECT id, row_number() OVER (ORDER BY id DESC), lag(a) OVER (ORDER BY id) FROM t ORDER BY id",
    "WITH x AS (SELECT * FROM t) SELECT * FROM x ORDER BY id DESC LIMIT 5",
    "VALUES (1, 'a'), (2.5, x'00'), (NULL, json('[1]'))",
    "SELECT value FROM json_each('[1, \"a\", 1.5, null]')",
    "SELECT a FROM t WHERE a IS NOT NULL ORDER BY id",
  ),
);

/** What the query gives, found in another way: each value's kind beside it, and text as its bytes. */
function expected(raw: Database.Database, sql: string, intMode: IntMode): unknown[][] {
  const names = raw
    .prepare(sql)
    .columns()
    .map((_, i) => `c${i}`);
  const cells = names.flatMap((name) => [
    `typeof(${name})`,
    `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) ELSE ${name} END`,
  ]);
  const form = `WITH r (${names.join(", ")}) AS MATERIALIZED (${sql}) SELECT ${cells.join(", ")} FROM r`;
  const rows = raw.prepare(form).raw(true).safeIntegers(true).all() as unknown[][];
  return rows.map((row) => names.map((_, i) => comparable(row[2 * i] as string, row[2 * i + 1], intMode)));
}

function comparable(kind: string, value: unknown, intMode: IntMode): unknown {
  if (kind === "text") return Buffer.from(value as Uint8Array).toString();
  if (kind === "blob") return `blob ${Buffer.from(value as Uint8Array).toString("hex")}`;
  if (typeof value !== "bigint" || intMode === "bigint") return value;
  if (intMode === "string") return value.toString();
  if (Number.isSafeInteger(Number(value))) return Number(value);
  if (intMode === "number") throw new RangeError("beyond 2^53");
  return value;
}

function withHexBlobs(rows: readonly Value[][]): unknown[][] {
  return rows.map((row) =>
    row.map((value) => (value instanceof ArrayBuffer ? `blob ${Buffer.from(value).toString("hex")}` : value)),
  );
}

async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error instanceof RangeError ? "beyond 2^53" : "refused";
  }
}

it("reads whatever is stored and computed as the library would, if it could", { tags: ["soak"] }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "litefleet-text-"));
  const file = join(folder, "any.db");
  const client = createClient({ url: `file:${file}` });
  await client.execute("PRAGMA synchronous = OFF");
  const raw = new openRaw(file);
  const property = fc.asyncProperty(
    tables,
    fc.array(queries, { minLength: 1, maxLength: 4 }),
    async ({ types, rows }, asked) => {
      await client.batch([
        "DROP VIEW IF EXISTS v",
        "DROP TABLE IF EXISTS t",
        `CREATE TABLE t (id INTEGER PRIMARY KEY, a ${types[0]}, b ${types[1]}, c ${types[2]})`,
        "CREATE VIEW v AS SELECT * FROM t",
        ...rows.map((row) => `INSERT INTO t (a, b, c) VALUES (${row.join(", ")})`),
      ]);
      for (const sql of asked) {
        for (const intMode of ["number", "auto", "bigint", "string"] as const) {
          const wanted = await outcome(() => expected(raw, sql, intMode));
          const statement = client.prepare(sql);
          for (let times = 0; times < 2; times += 1) {
            expect(await outcome(async () => withHexBlobs(await statement.values([], { intMode })))).toEqual(wanted);
          }
        }
      }
    },
  );
  await fc.assert(property, { seed: 20_261_121, numRuns: inject("soak") ? 20_000 : 150 });
  raw.close();
  client.close();
  rmSync(folder, { recursive: true, force: true });
});
