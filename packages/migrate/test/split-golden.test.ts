import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readStatements } from "../src/source/statements.ts";

const folder = fileURLToPath(new URL("./testdata/split", import.meta.url));

/** Each file beside its statements, with the lines on which they begin. */
test.each(readdirSync(folder).filter((name) => name.endsWith(".sql")))("%s", async (name) => {
  const statements = readStatements(readFileSync(path.join(folder, name), "utf8"));
  const text = statements.map(({ line, sql }) => `${line}: ${JSON.stringify(sql)}\n`).join("");
  await expect(text).toMatchFileSnapshot(path.join(folder, name.replace(/\.sql$/u, ".txt")));
});
