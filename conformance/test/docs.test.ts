import { glob, readFile } from "node:fs/promises";
import { errorCodes } from "@litefleet/driver";
import { expect, it } from "vitest";
import { examplesOf, runExample } from "../src/run-example.ts";

const root = new URL("../../", import.meta.url);
const errors = await readFile(new URL("docs/errors.md", root), "utf8");

it("explains every error code, and no other", () => {
  const ours = errors.slice(0, errors.indexOf("## Codes of @libsql/client that are others here"));
  const explained = [...ours.matchAll(/^\| `(?<code>[A-Z_]+)` \|/gmu)].map((match) => match.groups?.["code"]);
  expect(new Set(explained)).toEqual(new Set<string>(errorCodes));
});

it("knows every code that the driver's source gives an error", async () => {
  const given = new Set<string>();
  for await (const file of glob("packages/driver/src/**/*.ts", { cwd: root })) {
    const source = await readFile(new URL(file, root), "utf8");
    for (const [created] of source.matchAll(/new Litefleet(?:Batch)?Error\([^;]*;/gu)) {
      for (const [, code = ""] of created.matchAll(/"([A-Z]+(?:_[A-Z]+)+)"/gu)) given.add(code);
    }
  }
  expect(given.size).toBeGreaterThan(20);
  const known = new Set<string>(errorCodes);
  // SQLite's own names are explained together.
  expect([...given].filter((code) => !known.has(code) && !code.startsWith("SQLITE_"))).toEqual([]);
});

it("says of each call of the client and of transactions whether it takes bounds", async () => {
  const semantics = await readFile(new URL("docs/semantics.md", root), "utf8");
  const bounds = semantics.slice(semantics.indexOf("## Bounds of a call"));
  for (const call of ["savepoint", "commit", "migrate", "sync", "waitFor", "rollback", "close", "reconnect"]) {
    expect(bounds).toContain(`\`${call}()\``);
  }
});

it("runs the examples of vectors.md", async () => {
  const [first = "", bulk = ""] = await examplesOf(new URL("docs/vectors.md", root));
  expect(await runExample(first)).toMatch(/^sea 0\.\d+\n$/u);
  const rows = `import { createClient } from "@litefleet/driver";
    import { insertVectors, vectorColumn } from "@litefleet/driver/vector";
    const client = createClient({ url: ":memory:" });
    await client.execute("CREATE TABLE words (word TEXT, " + vectorColumn("embedding", 2) + ")");
    const rows = [{ word: "sea", embedding: [1, 2] }];\n`;
  expect(await runExample(rows + bulk)).toMatch(/^keep keep there is no vector index\n$/u);
});
