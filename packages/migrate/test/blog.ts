import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@litefleet/driver";
import { writeFolder } from "./scratch.ts";

/** The folder that drizzle-kit 0.31 wrote for schema-v1.ts and then schema-v2.ts, which rebuilds the parent table. */
export const blogDir = fileURLToPath(new URL("./testdata/blog", import.meta.url));
export const blogMigrations = ["0000_blog", "0001_starter_plan"];

/** The same folder after `drizzle-kit up` of 1.0.0-rc.5. */
export const blogV1Dir = fileURLToPath(new URL("./testdata/blog-v1", import.meta.url));
export const blogV1Migrations = ["20261121020219_blog", "20261121020221_starter_plan"];

/** The first `count` migrations of the blog. */
export async function blogUpTo(count: number): Promise<string> {
  return blogFolder(blogMigrations.slice(0, count), []);
}

/** The blog's first migration, followed by these. */
export async function blogWith(...changes: readonly string[]): Promise<string> {
  return blogFolder(blogMigrations.slice(0, 1), changes);
}

async function blogFolder(tags: readonly string[], changes: readonly string[]): Promise<string> {
  const journal: unknown = JSON.parse(await readFile(path.join(blogDir, "meta", "_journal.json"), "utf8"));
  const times = (journal as { entries: { when: number }[] }).entries.map(({ when }) => when);
  const files: Record<string, string> = {};
  for (const tag of tags) files[tag] = await readFile(path.join(blogDir, `${tag}.sql`), "utf8");
  for (const [i, sql] of changes.entries()) files[`000${tags.length + i}_change`] = sql;
  return writeFolder(files, { when: (index) => times[index] ?? times.at(-1)! + index });
}

/** Two authors, three posts, four comments; for a database that is at the first migration of the blog or later. */
export async function fillBlog(client: Client): Promise<void> {
  await client.batch(
    [
      "INSERT INTO authors (id, name) VALUES (1, 'Ada'), (2, 'Grace')",
      "INSERT INTO posts (id, author_id, title) VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c')",
      "INSERT INTO comments (id, post_id, body) VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'z'), (4, 3, 'w')",
    ],
    "write",
  );
}
