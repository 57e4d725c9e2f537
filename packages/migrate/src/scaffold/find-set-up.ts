import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { glob } from "tinyglobby";
import { recogniseFolder } from "../load-migrations.ts";
import type { SourceName } from "../migration.ts";

/** What a project's folder was found to hold. */
export interface FoundSetUp {
  /** The folder of migrations, from the project's folder. */
  readonly dir: string;
  /** Its format; `undefined` if there are no migrations yet. */
  readonly source: SourceName | undefined;
  /** How it was found, in a few words. */
  readonly because: string;
  /** A glob for the databases, and how many there are. */
  readonly targets: string;
  readonly databases: number;
}

/** Where tools keep their migrations if nobody says otherwise; what is told by more comes first. */
const usualFolders = [
  "drizzle",
  "prisma/migrations",
  "db/migrations",
  "migrations",
  "src/migrations",
  "src/db/migrations",
  "database/migrations",
  "sql/migrations",
  "sql",
];

/** A configuration of a tool: what its file is called, the entry that names the folder, and the folder without one. */
const toolConfigs = [
  {
    tool: "drizzle-kit",
    file: /^drizzle\.config\.[cm]?(?:[jt]s|json)$/u,
    entry: /["']?\bout["']?\s*:\s*["'`]([^"'`]+)["'`]/u,
    usual: "drizzle",
  },
  {
    tool: "Prisma",
    file: /^prisma\.config\.[cm]?[jt]s$/u,
    entry: /migrations\s*:\s*\{[^}]*?\bpath\s*:\s*["'`]([^"'`]+)["'`]/u,
    usual: "prisma/migrations",
  },
  {
    tool: "kysely-ctl",
    file: /^kysely\.config\.[cm]?[jt]s$/u,
    entry: /migrationFolder\s*:\s*["'`]([^"'`]+)["'`]/u,
    usual: "migrations",
  },
  {
    tool: "Wrangler",
    file: /^wrangler\.(?:toml|jsonc?)$/u,
    entry: /["']?migrations_dir["']?\s*[:=]\s*["']([^"']+)["']/u,
    usual: "migrations",
  },
];

/** Packages whose presence tells where migrations will be. */
const toolPackages = [
  { name: "drizzle-kit", dir: "drizzle" },
  { name: "drizzle-orm", dir: "drizzle" },
  { name: "prisma", dir: "prisma/migrations" },
  { name: "kysely", dir: "migrations" },
  { name: "dbmate", dir: "db/migrations" },
];

/** Looks for migrations and databases below `cwd`. Reads files and runs none of them. */
export async function findSetUp(cwd: string): Promise<FoundSetUp> {
  return { ...(await findFolder(cwd)), ...(await findDatabases(cwd)) };
}

async function findFolder(cwd: string): Promise<Pick<FoundSetUp, "dir" | "source" | "because">> {
  const entries = await readdir(cwd);
  for (const { tool, file, entry, usual } of toolConfigs) {
    const name = entries.find((one) => file.test(one));
    if (name === undefined) continue;
    const text = await readFile(path.join(cwd, name), "utf8");
    const dir = path.posix.normalize(entry.exec(text)?.[1] ?? usual);
    return { dir, source: await recogniseFolder(path.join(cwd, dir)), because: `${name} of ${tool}` };
  }
  for (const dir of usualFolders) {
    const source = await recogniseFolder(path.join(cwd, dir));
    if (source !== undefined) return { dir, source, because: `the folder ${dir} holds migrations` };
  }
  const packages = await readPackages(cwd);
  const known = toolPackages.find(({ name }) => packages.has(name));
  return known === undefined
    ? { dir: "migrations", source: undefined, because: "nothing was found" }
    : { dir: known.dir, source: undefined, because: `package.json has ${known.name}` };
}

async function readPackages(cwd: string): Promise<ReadonlySet<string>> {
  const text = await readFile(path.join(cwd, "package.json"), "utf8").catch(() => "{}");
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    return new Set();
  }
  if (typeof manifest !== "object" || manifest === null) return new Set();
  const lists = ["dependencies", "devDependencies"].map((key): unknown => Reflect.get(manifest, key));
  return new Set(lists.flatMap((list) => (typeof list === "object" && list !== null ? Object.keys(list) : [])));
}

/** The folder and extension that most databases have. */
async function findDatabases(cwd: string): Promise<Pick<FoundSetUp, "targets" | "databases">> {
  const files = await glob("**/*.{db,sqlite,sqlite3}", {
    cwd,
    deep: 4,
    ignore: ["**/node_modules/**", "**/.*/**"],
    followSymbolicLinks: false,
  });
  const counts = new Map<string, number>();
  for (const file of files) {
    const pattern = path.posix.join(path.posix.dirname(file), `*${path.extname(file)}`);
    counts.set(pattern, (counts.get(pattern) ?? 0) + 1);
  }
  const [targets = "data/*.db", databases = 0] =
    [...counts].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))[0] ?? [];
  return { targets, databases };
}
