import { describe, expect, inject, it } from "vitest";
import { createClient } from "../src/create-client.ts";
import type { Client, Transaction } from "../src/api.ts";
import type { Config } from "../src/config.ts";
import { LibsqlError } from "../src/errors.ts";
import { scratchFile } from "./local-fixture.ts";
import { closeAfterTest, expectCode } from "./turso-fixture.ts";

const rounds = inject("soak") ? 1_000 : 200;

async function open(schema: string, options: Partial<Config> = {}): Promise<Client> {
  const client = closeAfterTest(
    createClient({ url: `file:${scratchFile()}`, engine: "turso", foreignKeys: "checked", ...options }),
  );
  await client.executeMultiple(schema);
  return client;
}

const values = async (client: Client, sql: string): Promise<unknown[][]> => client.prepare(sql).values();

/** What two transactions do at the same time, and what must hold afterwards. */
interface Meeting {
  readonly title: string;
  readonly schema: string;
  /** Takes away what the other one needs. */
  readonly taking: readonly string[];
  /** Needs what the other one takes. */
  readonly needing: readonly string[];
  /** Counts the orphans. */
  readonly orphans: string;
}

const orphansOf = (child: string, on: string, parent = "p"): string =>
  `SELECT count(*) FROM ${child} AS c LEFT JOIN ${parent} AS p ON ${on} WHERE p._rowid_ IS NULL`;

const meetings: readonly Meeting[] = [
  {
    title: "a parent is deleted, a child is added",
    schema: `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p(id));
      INSERT INTO p VALUES (1)`,
    taking: ["DELETE FROM p WHERE id = 1"],
    needing: ["INSERT INTO c (p) VALUES (1)"],
    orphans: orphansOf("c", "p.id = c.p"),
  },
  {
    title: "a parent goes with its children, a child is added",
    schema: `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE);
      INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1), (2, 1)`,
    taking: ["DELETE FROM p"],
    needing: ["INSERT INTO c VALUES (3, 1)"],
    orphans: orphansOf("c", "p.id = c.p"),
  },
  {
    title: "a parent's key is changed, a child comes to it",
    schema: `CREATE TABLE p (id INTEGER PRIMARY KEY, u TEXT UNIQUE);
      CREATE TABLE c (id INTEGER PRIMARY KEY, p TEXT REFERENCES p(u) ON UPDATE CASCADE);
      INSERT INTO p VALUES (1, 'a'), (2, 'b'); INSERT INTO c VALUES (1, 'b')`,
    taking: ["UPDATE p SET u = 'x' WHERE u = 'a'"],
    needing: ["UPDATE c SET p = 'a' WHERE id = 1"],
    orphans: orphansOf("c", "p.u = c.p"),
  },
  {
    title: "a key of several columns",
    schema: `CREATE TABLE p (a TEXT, b BLOB, PRIMARY KEY (b, a));
      CREATE TABLE c (x TEXT, y BLOB, FOREIGN KEY (y, x) REFERENCES p); INSERT INTO p VALUES ('k', x'00ff')`,
    taking: ["DELETE FROM p WHERE a = 'k'"],
    needing: ["INSERT INTO c VALUES ('k', x'00ff')"],
    orphans: orphansOf("c", "p.a = c.x AND p.b = c.y"),
  },
  {
    title: "a table that refers to itself",
    schema: `CREATE TABLE p (id INTEGER PRIMARY KEY, up REFERENCES p(id)); INSERT INTO p VALUES (1, NULL), (2, NULL)`,
    taking: ["DELETE FROM p WHERE id = 1"],
    needing: ["INSERT INTO p VALUES (3, 1)"],
    orphans: "SELECT count(*) FROM p AS c LEFT JOIN p ON p.id = c.up WHERE c.up IS NOT NULL AND p.id IS NULL",
  },
  {
    title: "a text key without regard to capitals",
    schema: `CREATE TABLE p (k TEXT COLLATE NOCASE PRIMARY KEY); CREATE TABLE c (k TEXT REFERENCES p); INSERT INTO p VALUES ('abc')`,
    taking: ["DELETE FROM p"],
    needing: ["INSERT INTO c VALUES ('ABC')"],
    orphans: orphansOf("c", "p.k = c.k"),
  },
  {
    title: "a child that a trigger adds, to a parent that a cascade deletes",
    schema: `CREATE TABLE g (id INTEGER PRIMARY KEY); CREATE TABLE p (id INTEGER PRIMARY KEY, g REFERENCES g ON DELETE CASCADE);
      CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p(id)); CREATE TABLE log (p);
      CREATE TRIGGER t AFTER INSERT ON log BEGIN INSERT INTO c (p) VALUES (NEW.p); END;
      INSERT INTO g VALUES (1); INSERT INTO p VALUES (1, 1)`,
    taking: ["DELETE FROM g"],
    needing: ["INSERT INTO log VALUES (1)"],
    orphans: orphansOf("c", "p.id = c.p"),
  },
  {
    title: "names in quotes, and a column called rowid",
    schema: `CREATE TABLE "P ""x" ("Rowid" TEXT UNIQUE, "k y" INTEGER UNIQUE);
      CREATE TABLE "select" ("from" INTEGER REFERENCES "P ""x"("k y")); INSERT INTO "P ""x" VALUES ('r', 7)`,
    taking: ['DELETE FROM "P ""x"'],
    needing: ['INSERT INTO "select" VALUES (7)'],
    orphans: orphansOf('"select"', 'p."k y" = c."from"', '"P ""x"'),
  },
];

async function begin(client: Client, statements: readonly string[]): Promise<Transaction> {
  const tx = await client.transaction("concurrent");
  for (const sql of statements) await tx.execute(sql);
  return tx;
}

describe.each(meetings)("foreign keys that are checked: $title", ({ schema, taking, needing, orphans }) => {
  it.each([
    ["the one that takes commits first", [taking, needing]],
    ["the one that needs commits first", [needing, taking]],
  ])("%s: the second ends in CONFLICT", async (_, [first = [], second = []]) => {
    const client = await open(schema);
    const [one, two] = [await begin(client, first), await begin(client, second)];
    await one.commit();
    expect(await expectCode(() => two.commit(), "CONFLICT")).toMatchObject({ isRetryable: true });
    expect(two.closed).toBe(true);
    expect(await values(client, orphans)).toEqual([[0]]);
  });

  it("an orphan is left without the check, and another run meets the constraint or finds the way", async () => {
    const unchecked = await open(schema, { foreignKeys: undefined });
    const [one, two] = [await begin(unchecked, taking), await begin(unchecked, needing)];
    await one.commit();
    await two.commit();
    // Else this test would hold nothing.
    expect((await values(unchecked, orphans))[0]?.[0]).toBeGreaterThan(0);
    const client = await open(schema);
    const run = (statements: readonly string[]): Promise<void> =>
      client.transaction(
        async (tx) => {
          for (const sql of statements) await tx.execute(sql);
          await new Promise((resolve) => setTimeout(resolve, 5));
        },
        { mode: "concurrent" },
      );
    const outcomes = await Promise.allSettled([run(taking), run(needing)]);
    expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
    const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
    expect(failures.every((error) => error instanceof LibsqlError && error.rawCode === 787)).toBe(true);
    expect(await values(client, orphans)).toEqual([[0]]);
  });

  it("an autocommit statement in between counts too", async () => {
    for (const [inside, outside] of [
      [taking, needing],
      [needing, taking],
    ] as const) {
      const client = await open(schema);
      const tx = await begin(client, inside);
      for (const sql of outside) await client.execute(sql);
      await expectCode(() => tx.commit(), "CONFLICT");
      expect(await values(client, orphans)).toEqual([[0]]);
    }
  });
});

it("no orphan is left when parents go and children come, again and again", { tags: ["soak"] }, async () => {
  const client = await open(
    "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p(id))",
  );
  let conflicts = 0;
  client.on("conflict", () => (conflicts += 1));
  for (let round = 0; round < rounds; round += 1) {
    await client.execute("INSERT INTO p VALUES (?)", [BigInt(round)]);
    const work = (sql: string): Promise<unknown> =>
      client.transaction(
        async (tx) => {
          await tx.execute(sql, [BigInt(round)]);
          await new Promise((resolve) => setImmediate(resolve));
        },
        { mode: "concurrent" },
      );
    const both = [work("DELETE FROM p WHERE id = ?"), work("INSERT INTO c (p) VALUES (?)")];
    const outcomes = await Promise.allSettled(round % 2 === 0 ? both : both.toReversed());
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  }
  expect(conflicts).toBe(rounds);
  expect(await values(client, "SELECT count(*) FROM c WHERE p NOT IN (SELECT id FROM p)")).toEqual([[0]]);
  expect(await values(client, "SELECT (SELECT count(*) FROM c) = (SELECT count(*) FROM p)")).toEqual([[1]]);
});

describe("foreign keys that are checked", () => {
  const schema = `CREATE TABLE p (id INTEGER PRIMARY KEY, n INTEGER, u UNIQUE);
    CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p(id) ON DELETE CASCADE);
    INSERT INTO p VALUES (1, 0, 1), (2, 0, 2); INSERT INTO c VALUES (1, 1)`;

  it("lets children be added to one parent at the same time, and the parent's other columns be changed", async () => {
    const client = await open(schema);
    const all = [
      await begin(client, ["INSERT INTO c VALUES (10, 1)"]),
      await begin(client, ["INSERT INTO c VALUES (11, 1)"]),
      await begin(client, ["UPDATE p SET n = 5 WHERE id = 1"]),
      await begin(client, ["INSERT INTO p VALUES (3, 0, 3)", "INSERT INTO c VALUES (12, 3)"]),
      await begin(client, ["INSERT INTO c VALUES (13, 2)", "DELETE FROM c WHERE id = 13"]),
      await begin(client, ["INSERT INTO c VALUES (14, NULL)"]),
    ];
    for (const tx of all) await tx.commit();
    const gone = [await begin(client, ["DELETE FROM c", "DELETE FROM p"])];
    for (const tx of gone) await tx.commit();
    expect(await values(client, "SELECT count(*) FROM p")).toEqual([[0]]);
  });

  it("lets a key go and come back, and a child leave the parent that goes", async () => {
    const client = await open(schema);
    const tx = await begin(client, [
      "UPDATE c SET p = 2 WHERE id = 1",
      "DELETE FROM p WHERE id = 1",
      "INSERT INTO p VALUES (1, 1, 1)",
    ]);
    await client.execute("INSERT INTO c VALUES (50, 2)");
    await tx.commit();
    expect(await values(client, "SELECT id, p FROM c")).toEqual([
      [1, 2],
      [50, 2],
    ]);
  });

  it("is an option of a transaction and of a batch, too, and leaves others as they are", async () => {
    const client = await open(schema, { foreignKeys: undefined, maxConnections: 2 });
    for (let round = 0; round < 3; round += 1) {
      const tx = await client.transaction("concurrent", { foreignKeys: "checked" });
      await tx.execute("INSERT INTO c (p) VALUES (2)");
      await client.execute("DELETE FROM p WHERE id = 2");
      await expectCode(() => tx.commit(), "CONFLICT");
      await client.execute("INSERT INTO p VALUES (2, 0, 2)");
      const plain = await begin(client, ["INSERT INTO c VALUES (7, 2)"]);
      expect(await plain.execute("SELECT count(*) AS n FROM sqlite_temp_schema WHERE type = 'trigger'")).toMatchObject({
        rows: [{ n: 0 }],
      });
      await plain.rollback();
    }
    await client.batch(["INSERT INTO c VALUES (8, 1)"], "concurrent", { foreignKeys: "checked" });
    expect(await values(client, "SELECT count(*) FROM c")).toEqual([[2]]);
  });

  it("runs again for itself what may replace rows, for those go unseen", async () => {
    const client = await open(schema);
    const modes: string[] = [];
    await client.transaction(
      async (tx) => {
        modes.push(tx.mode);
        await tx.execute("INSERT OR REPLACE INTO p VALUES (9, replace('x', 'x', 'y'), 2)");
      },
      { mode: "concurrent" },
    );
    expect(modes).toEqual(["concurrent", "write"]);
    const tx = await begin(client, ["UPDATE p SET n = replace('a', 'a', 'b')"]);
    await expectCode(async () => tx.execute("REPLACE INTO p VALUES (1, 1, 1)"), "CONFLICT");
    await client.execute("CREATE TABLE r (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, p REFERENCES p(id))");
    await client.transaction(async (inner) => void modes.push(inner.mode), { mode: "concurrent" });
    expect(modes.at(-1)).toBe("write");
  });

  it("follows the schema", async () => {
    const client = await open(schema);
    (await begin(client, ["INSERT INTO c VALUES (20, 1)"])).close();
    await client.executeMultiple(
      "CREATE TABLE late (id INTEGER PRIMARY KEY, p REFERENCES p(id)); ALTER TABLE c RENAME TO kids; ALTER TABLE p ADD COLUMN z",
    );
    const [one, two] = [
      await begin(client, ["INSERT INTO late VALUES (1, 2)"]),
      await begin(client, ["DELETE FROM p"]),
    ];
    const three = await begin(client, ["INSERT INTO kids VALUES (30, 2)"]);
    await two.commit();
    await expectCode(() => one.commit(), "CONFLICT");
    await expectCode(() => three.commit(), "CONFLICT");
    await client.execute("DROP TABLE kids");
    await (await begin(client, ["INSERT INTO p VALUES (4, 4, 4, 4)", "INSERT INTO late VALUES (9, 4)"])).commit();
  });

  it("enforces them where a client has turned them off, and in memory", async () => {
    const client = await open(schema);
    await client.execute("PRAGMA foreign_keys = OFF");
    const tx = await client.transaction("concurrent");
    await expectCode(async () => tx.execute("INSERT INTO c VALUES (1000, 99)"), "SQLITE_CONSTRAINT");
    tx.close();
    await client.execute("INSERT INTO c VALUES (1000, 99)");
    const memory = await open(schema, { url: ":memory:" });
    await memory.transaction(async (inner) => inner.execute("INSERT INTO c VALUES (5, 1)"), { mode: "concurrent" });
    expect(await values(memory, "SELECT count(*) FROM c")).toEqual([[2]]);
  });
});
