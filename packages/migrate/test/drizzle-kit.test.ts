import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { migrate } from "../src/index.ts";
import { blogDir, blogMigrations, fillBlog } from "./blog.ts";
import { startNode } from "./run-node.ts";
import { countsOf, scratchClient, scratchFolder } from "./scratch.ts";

const drizzleKit = path.join(path.dirname(fileURLToPath(import.meta.resolve("drizzle-kit"))), "bin.cjs");
const schemas = [
  new URL("./testdata/schema-v1.ts", import.meta.url),
  new URL("./testdata/schema-v2.ts", import.meta.url),
];

test("a folder is applied as drizzle-kit writes it, version by version", async () => {
  const cwd = await scratchFolder();
  const out = path.join(cwd, "drizzle");
  const client = await scratchClient();
  for (const [i, schema] of schemas.entries()) {
    const name = blogMigrations[i]!.slice("0000_".length);
    const args = [
      "generate",
      "--dialect",
      "sqlite",
      "--schema",
      fileURLToPath(schema),
      "--out",
      "drizzle",
      "--name",
      name,
    ];
    const { code, stdout, stderr } = await startNode([drizzleKit, ...args], { cwd }).ended;
    expect(code, stdout + stderr).toBe(0);
    // The folder that the other tests use is no other.
    const written = await readFile(path.join(out, `${blogMigrations[i]}.sql`), "utf8");
    expect(written).toBe(await readFile(path.join(blogDir, `${blogMigrations[i]}.sql`), "utf8"));
    expect(await migrate(client, { dir: out })).toMatchObject({ applied: [blogMigrations[i]] });
    if (i === 0) await fillBlog(client);
  }
  expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 2, posts: 3, comments: 4 });
}, 60_000);
