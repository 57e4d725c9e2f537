import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

const defaultMigrations = 10;
/** Statements of a migration. */
export const statementsEach = 30;

/**
 * Writes what drizzle-kit would: tables, indexes and some rows, thirty statements a migration; answers all the statements.
 *
 * @param migrations how many. Default 10; a folder that is written again with more of them has got new ones.
 */
export async function writeDrizzleFolder(dir: string, migrations = defaultMigrations): Promise<string[]> {
  await mkdir(path.join(dir, "meta"), { recursive: true });
  const all: string[] = [];
  const entries: unknown[] = [];
  for (let m = 0; m < migrations; m += 1) {
    const statements: string[] = [];
    for (let s = 0; s < statementsEach / 3; s += 1) {
      const table = `t${m}_${s}`;
      statements.push(
        `CREATE TABLE \`${table}\` (\n\t\`id\` integer PRIMARY KEY NOT NULL,\n\t\`name\` text NOT NULL,\n\t\`made\` integer DEFAULT 0\n);`,
        `CREATE INDEX \`${table}_name\` ON \`${table}\` (\`name\`);`,
        `INSERT INTO \`${table}\` (\`name\`) VALUES ('first');`,
      );
    }
    all.push(...statements);
    const tag = `${String(m).padStart(4, "0")}_step`;
    entries.push({ idx: m, version: "6", when: 1_700_000_000_000 + m * 1000, tag, breakpoints: true });
    await writeFile(path.join(dir, `${tag}.sql`), statements.join("\n--> statement-breakpoint\n"));
  }
  const journal = { version: "7", dialect: "sqlite", entries };
  await writeFile(path.join(dir, "meta", "_journal.json"), JSON.stringify(journal));
  return all;
}
