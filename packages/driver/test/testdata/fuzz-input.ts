import fc from "fast-check";
import { parseStatement } from "../../src/sql/parse.ts";

/** Anything that a caller without types may hand over. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withNullPrototype: true }),
  },
  { weight: 1, arbitrary: fc.anything({ withMap: true, withSet: true, withBoxedValues: true, withSparseArray: true }) },
  { weight: 2, arbitrary: fc.string({ unit: "binary" }) },
  fc.constantFrom<unknown>(
    () => 1,
    Symbol("s"),
    new Date(Number.NaN),
    new ArrayBuffer(4),
    new SharedArrayBuffer(4),
    new DataView(new ArrayBuffer(2)),
    detached(),
    new Proxy({}, {}),
    Promise.resolve(1),
    /x/u,
    new Error("e"),
    globalThis,
    "a\0b",
    "\uD800",
    "x".repeat(70_000),
  ),
);

function detached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

/** A value that SQLite can hold. */
const plainValue = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.double(),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
  fc.uint8Array({ maxLength: 12 }),
  fc.constantFrom(null, true, false, ""),
);

/** Arguments: often such as fit, sometimes anything. */
const args: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.array(plainValue, { maxLength: 3 }) },
  {
    weight: 2,
    arbitrary: fc.dictionary(fc.constantFrom("a", ":a", "b", "@b", "c", "1", "__proto__"), plainValue, { maxKeys: 3 }),
  },
  { weight: 2, arbitrary: fc.array(anything, { maxLength: 3 }) },
  anything,
  fc.constant(undefined),
);

/** Statements that mean something on the tables of the program. */
const templates = [
  "SELECT * FROM t",
  "SELECT id, a, b, c FROM t WHERE id = ? ORDER BY a DESC LIMIT 3",
  "SELECT :a, @b, $c, ?1",
  "SELECT count(*), max(a), group_concat(b, ',') FROM t GROUP BY typeof(c) HAVING count(*) > 0",
  "SELECT t.a, u.d FROM t LEFT JOIN u ON t.id = u.t WHERE t.a LIKE '%x%'",
  "SELECT a FROM t UNION ALL SELECT d FROM u ORDER BY 1",
  "SELECT CAST(x'61ff62' AS TEXT), char(55296), char(97, 0, 98), '{\"a\":\"\\ud800\"}' ->> 'a'",
  "SELECT a, row_number() OVER (ORDER BY id) FROM t",
  "SELECT count(*), a FROM t WHERE 0 GROUP BY b HAVING max(c) IS NULL ORDER BY a LIMIT 1",
  "SELECT a, median(b) FROM t, u WHERE t.id = u.t AND 0 LIMIT ? OFFSET ?",
  "INSERT INTO u SELECT count(*), d FROM u WHERE d IN () ON CONFLICT DO NOTHING",
  "CREATE TRIGGER IF NOT EXISTS h BEFORE UPDATE OF a ON t WHEN NEW.a > 1 BEGIN INSERT INTO u SELECT max(id), a FROM t WHERE 0; END",
  "CREATE TABLE IF NOT EXISTS tree (id INTEGER PRIMARY KEY, up REFERENCES tree(id) ON DELETE CASCADE ON UPDATE SET NULL)",
  "WITH x (y) AS (SELECT a FROM t) SELECT y, hex(y), length(y) FROM x",
  "VALUES (1, 'a'), (NULL, x'ff')",
  "INSERT INTO t (a, b, c) VALUES (?, ?, ?)",
  "INSERT INTO t (a) VALUES (CAST(x'ff' AS TEXT)) RETURNING *",
  "INSERT INTO t (id, a) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET a = excluded.a RETURNING id, a AS z",
  "INSERT OR ROLLBACK INTO t (id) VALUES (1)",
  "UPDATE t SET b = a || 'é', c = randomblob(3) WHERE id > 0 RETURNING b",
  "DELETE FROM t WHERE id IN (SELECT t FROM u)",
  "REPLACE INTO u VALUES (1, 'x')",
  "CREATE TABLE IF NOT EXISTS w (a TEXT NOT NULL DEFAULT 'x' CHECK (length(a) < 9), b REAL UNIQUE)",
  "CREATE INDEX IF NOT EXISTS i ON t (a, b)",
  "CREATE VIEW IF NOT EXISTS v AS SELECT a || b AS ab FROM t",
  "CREATE TRIGGER IF NOT EXISTS g AFTER INSERT ON u BEGIN DELETE FROM t WHERE id = 9; END",
  "ALTER TABLE u RENAME COLUMN d TO e",
  "ALTER TABLE t ADD COLUMN f DEFAULT 1.5",
  "DROP TABLE IF EXISTS w",
  "PRAGMA table_info(t)",
  "PRAGMA foreign_keys = ON",
  "PRAGMA busy_timeout = 5",
  "PRAGMA user_version = 3",
  "EXPLAIN QUERY PLAN SELECT * FROM t WHERE id = 1",
  "BEGIN",
  "COMMIT",
  "ROLLBACK",
  "SAVEPOINT s",
  "RELEASE s",
  "SELECT json_extract(a, '$.b'), json_each.value FROM t, json_each('[1, \"x\", null]')",
  "SELECT date('now'), printf('%5.2f|%s', 1.5, NULL), abs(-9223372036854775807), round(2.5), substr('héllo', 2, 2)",
];

/** Bits of SQL, and of what is not quite SQL. */
const scraps = fc.constantFrom(
  ..."SELECT FROM WHERE AND OR NOT NULL IN IS AS ON BY ORDER GROUP LIMIT VALUES INSERT INTO UPDATE SET DELETE".split(
    " ",
  ),
  ..."CREATE TABLE INDEX VIEW TRIGGER BEGIN END DROP PRAGMA EXPLAIN CASE WHEN THEN RETURNING UNION EXISTS CAST".split(
    " ",
  ),
  ...'t u a b c id rowid w "a b" [x] `y` * , ; ( ) . = < > || -> ->> + - / % ~ & | ! # { } \\ ^'.split(" "),
  ..."? ?1 ?2 ?0 ?32767 ?99999999999999999999 :a @b $c :é $a::b(c) : @ $ 'x' 'it''s' x'ff' x'f 1 1.5 .5 1e999 0x1F 1_0 9223372036854775808".split(
    " ",
  ),
  ..."count(*) hex(a) length(a) typeof(b) char(0) char(55296) coalesce(a,b) upper(a) CAST(x'ff'AS(TEXT))".split(" "),
  "'",
  '"',
  "`",
  "[",
  "--",
  "/*",
  "*/",
  "-- x\n",
  "/* y */",
  "\0",
  "\uD800",
  "\uFEFF",
  "é",
  "😀",
  "\n",
  "\t",
  "\v",
  "\u00A0",
);

/** SQL as people write it, as it comes out of a shredder, and no SQL at all. */
export const sql: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...templates) },
  { weight: 4, arbitrary: fc.constantFrom(...templates).chain(mutated) },
  { weight: 2, arbitrary: fc.array(scraps, { maxLength: 14 }).map((parts) => parts.join(" ")) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...templates), { maxLength: 3 }).map((parts) => parts.join(";")) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);

/** A few tokens left out, doubled, replaced or put elsewhere. */
function mutated(text: string): fc.Arbitrary<string> {
  const tokens = text.split(/(\s+|[(),;])/u).filter((token) => token !== "");
  const change = fc.tuple(
    fc.nat(tokens.length - 1),
    fc.constantFrom("drop", "double", "replace", "insert", "swap"),
    scraps,
  );
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const parts = [...tokens];
    for (const [at, how, scrap] of changes) {
      const part = parts[at] ?? "";
      if (how === "drop") parts.splice(at, 1);
      else if (how === "double") parts.splice(at, 0, part, " ");
      else if (how === "replace") parts[at] = scrap;
      else if (how === "insert") parts.splice(at, 0, ` ${scrap} `);
      else parts.splice(at, 2, parts[at + 1] ?? "", part);
    }
    return parts.join("");
  });
}

/** SQL with arguments that mostly fit, for the others get no further than the front door. */
export const call: fc.Arbitrary<{ readonly sql: string; readonly args: unknown }> = sql.chain((text) =>
  fc.record({
    sql: fc.constant(text),
    args: fc.oneof({ weight: 3, arbitrary: fitting(text) }, { weight: 1, arbitrary: args }),
  }),
);

function fitting(text: string): fc.Arbitrary<unknown> {
  const count = countParameters(text);
  return count > 100 ? args : fc.array(plainValue, { minLength: count, maxLength: count });
}

function countParameters(text: string): number {
  try {
    return parseStatement(text).parameters.length;
  } catch {
    return 0;
  }
}

/** URLs that name no place outside of the current folder and no server that answers. */
export const url: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          "file:",
          ":memory:",
          "file::memory:",
          "http://127.0.0.1:9",
          "ws://127.0.0.1:9",
          "libsql://127.0.0.1:9",
          "ftp://x",
          "FILE:",
          "file://localhost",
          "file://host",
          "https:",
          "",
        ),
        fc.constantFrom(
          "",
          "x.db",
          "x%zz.db",
          "x%00.db",
          "\0",
          "no/such/folder/x.db",
          "é😀",
          "a b.db",
          "[::1]",
          "@",
          "u:p@h",
          ":99999",
          ":-1",
          "a:b",
        ),
        fc.constantFrom(
          "",
          "?",
          "?tls=0",
          "?tls=1",
          "?tls=2",
          "?authToken=x",
          "?cache=shared",
          "?cache=private",
          "?mode=memory",
          "?a=%f",
          "#f",
          "?&&=",
          "?tls=0&tls=1",
        ),
      )
      .map((parts) => parts.join("")),
  },
  anything.filter((value) => typeof value !== "string"),
  fc.string({ unit: "binary" }).filter((text) => !/[/\\]|^file:/iu.test(text)),
);

const option = (...values: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: anything });

/** Configurations: a URL and options that may fit, or anything. */
export const config: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .record(
        {
          url,
          authToken: option("token", "", "a\nb", "\0"),
          engine: option("libsql", "sqlite", "turso", "postgres"),
          intMode: option("number", "bigint", "string", "auto", "decimal"),
          timeout: option(0, 5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40),
          statementCacheSize: option(0, 1, 1.5, -1),
          maxConnections: option(1, 0, 2.5, 2 ** 53),
          concurrency: option(0, 1, -5, Number.NaN, undefined),
          tls: option(true, false),
          encryptionKey: option("secret", "", "a\0b"),
          fetch: option(undefined, () => Promise.reject(new Error("no"))),
        },
        { requiredKeys: ["url"] },
      )
      .map((options) => options as unknown),
  },
  anything,
);
