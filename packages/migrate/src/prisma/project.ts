import { stat } from "node:fs/promises";
import path from "node:path";
import { MigrateError } from "../errors.ts";
import { resolveTenants } from "../fleet/resolve-tenants.ts";
import type { FleetSource } from "../fleet/resolve-tenants.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import { readPrismaConfig } from "./config-file.ts";

/** What people say on the command line; what they leave out comes from `prisma.config.ts`. */
export interface ProjectOptions {
  /** The folder that relative paths start from, and in which a configuration is looked for. */
  readonly cwd: string;
  /** The configuration. Default: `prisma.config.ts` in `cwd`, with any extension that Prisma knows. */
  readonly config?: string;
  /** `schema.prisma`, or a folder of such files. */
  readonly schema?: string;
  /** The folder of migrations. */
  readonly dir?: string;
  /** The database: a path or a URL. */
  readonly url?: string;
  readonly engine?: FleetSource["engine"];
  readonly authToken?: string;
}

/** A user's project: where its schema, its migrations and its database are. */
export interface PrismaProject {
  /** Where its packages are installed: the folder of the configuration, or the working directory. */
  readonly root: string;
  /** `schema.prisma` or a folder; `undefined` if nothing says where it is, and it is in neither of the usual places. */
  readonly schema: string | undefined;
  /** The folder of migrations, which may not exist yet. */
  readonly migrations: string;
  /** The folder for the SQL of views. */
  readonly views: string;
  readonly filters: { readonly externalTables: string[]; readonly externalEnums: string[] };
  /** SQL that runs in a shadow database before the migrations. */
  readonly shadowScript: string;
  /** @throws {MigrateError} `PRISMA_PROJECT_INVALID` if nothing says which it is, or it is more than one. */
  readonly database: () => Promise<ResolvedTenant>;
}

/**
 * Finds out what a project consists of, as Prisma's command line does: from flags, then from the configuration, then from the usual places (`schema.prisma`,
 * `prisma/schema.prisma`, and `migrations` beside the schema).
 *
 * @throws {MigrateError} `PRISMA_PROJECT_INVALID` if the configuration cannot be read or a path is wrong.
 */
export async function readProject(options: ProjectOptions): Promise<PrismaProject> {
  const { cwd } = options;
  const config = await readPrismaConfig(cwd, options.config);
  const root = config.file === undefined ? cwd : rootOf(config.file);
  const schema = await findSchema(options, config.schema);
  const beside = schema === undefined ? path.join(cwd, "prisma") : await folderOf(schema);
  return {
    root,
    schema,
    migrations: fromFlag(cwd, options.dir) ?? config.migrations ?? path.join(beside, "migrations"),
    views: config.views ?? path.join(beside, "views"),
    filters: { externalTables: [...config.externalTables], externalEnums: [...config.externalEnums] },
    shadowScript: config.initShadowDb ?? "",
    database: () => findDatabase(options, root, config.url),
  };
}

/** `.config/prisma.ts` belongs to the folder above. */
function rootOf(file: string): string {
  const folder = path.dirname(file);
  return path.basename(folder) === ".config" ? path.dirname(folder) : folder;
}

function fromFlag(cwd: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : path.resolve(cwd, value);
}

async function findSchema(options: ProjectOptions, configured: string | undefined): Promise<string | undefined> {
  const { cwd } = options;
  const said = fromFlag(cwd, options.schema) ?? configured;
  if (said !== undefined) {
    if ((await kindOf(said)) !== undefined) return said;
    throw new MigrateError(
      `There is no schema ${said}. Correct --schema, or "schema" in prisma.config.ts.`,
      "PRISMA_PROJECT_INVALID",
    );
  }
  for (const usual of ["schema.prisma", path.join("prisma", "schema.prisma")]) {
    const file = path.join(cwd, usual);
    if ((await kindOf(file)) === "file") return file;
  }
  return undefined;
}

async function folderOf(schema: string): Promise<string> {
  return (await kindOf(schema)) === "folder" ? schema : path.dirname(schema);
}

async function kindOf(file: string): Promise<"file" | "folder" | undefined> {
  return stat(file).then(
    (found) => (found.isDirectory() ? "folder" : "file"),
    () => undefined,
  );
}

async function findDatabase(
  { cwd, url, engine, authToken }: ProjectOptions,
  root: string,
  configured: string | undefined,
): Promise<ResolvedTenant> {
  const target = url ?? configured;
  if (target === undefined) {
    throw new MigrateError(
      `Nothing says which database. Give --url (a path, file:, libsql:, http: or ws:), or set datasource.url in prisma.config.ts.`,
      "PRISMA_PROJECT_INVALID",
    );
  }
  if (/^(?:file:)?:memory:/iu.test(target)) {
    throw new MigrateError("A database in memory would be gone with this command.", "PRISMA_PROJECT_INVALID");
  }
  const found = await resolveTenants({ targets: target, cwd: url === undefined ? root : cwd, authToken, engine });
  const [database, ...more] = found;
  if (database === undefined || more.length > 0) {
    throw new MigrateError(
      `${target} means ${found.length} databases, and this command takes one. For a fleet there is litefleet-migrate up.`,
      "PRISMA_PROJECT_INVALID",
    );
  }
  return database;
}
