import type { Client } from "@litefleet/driver";
import type { MigrationFeedback, SchemaEngine } from "@prisma/schema-engine-wasm";
import { applyPending } from "../apply.ts";
import { MigrateError } from "../errors.ts";
import { keepObjects } from "./keep-objects.ts";
import {
  listMigrations,
  nameMigration,
  readMigrationList,
  readMigrationSet,
  writeMigration,
} from "./migration-folder.ts";
import type { PrismaProject } from "./project.ts";
import { readSchema } from "./schema-files.ts";
import type { SchemaFile } from "./schema-files.ts";
import { statusOf } from "../status.ts";
import { TypeCase } from "./type-case.ts";
import { withEngine } from "./with-engine.ts";

/** How {@link dev} goes about it. */
export interface DevOptions {
  /** What to call the migration. Default `"migration"`. */
  readonly name?: string;
  /** Write the migration and do not apply it; without a change of the schema it is an empty one. Default false. */
  readonly createOnly?: boolean;
  /** Whether data may be lost; `why` says what. Asked once for what is pending and once for what is new. */
  readonly mayLoseData: (why: readonly string[]) => Promise<boolean>;
  /** The name of the database in messages. */
  readonly tenant?: string;
  readonly signal?: AbortSignal;
}

/** What {@link dev} did. */
export interface DevResult {
  /** `"created"`: a migration was written and not applied. `"in-sync"`: the schema holds nothing new. */
  readonly state: "applied" | "created" | "in-sync";
  /** Migrations that were applied, in order. */
  readonly applied: readonly string[];
  /** The new migration; `undefined` if there was none to make. */
  readonly migration?: { readonly name: string; readonly file: string; readonly script: string };
  /** What the engine says of data that the new migration takes away, counted in this database. */
  readonly warnings: readonly string[];
  /** Steps of the new migration that cannot run with the rows that are there: only with `createOnly`. */
  readonly unexecutable: readonly string[];
  /** Indexes, triggers and views that Prisma does not know, which the new migration makes again: names. */
  readonly kept: readonly string[];
  /** Those that cannot be made again, as their columns are gone: names. */
  readonly lost: readonly string[];
}

/**
 * What `prisma migrate dev` does: applies what is pending, writes a migration for what has changed in the schema, and
 * applies that. Both are applied by our own runner; the engine only looks. Never resets.
 *
 * @throws {MigrateError} before anything is written: `RESET_NEEDED` if the database is not what its migrations make, `UNEXECUTABLE`, or
 *   `DESTRUCTIVE` if data would be lost and may not; and what `migrate` throws.
 */
export async function dev(project: PrismaProject, client: Client, options: DevOptions): Promise<DevResult> {
  const { migrations: dir } = project;
  const types = new TypeCase();
  const files = types.lower((await readSchema(project.schema)).files);
  const { pending, outOfOrder } = await statusOf(client, await readMigrationSet(dir), options.tenant);
  let applied: readonly string[] = [];
  if (pending.length + outOfOrder.length > 0) {
    await withEngine(project.root, client, async (engine) => refuseDrift(engine, project));
    applied = await applyFolder(client, dir, options);
  }
  const { migrationScript, unexecutableSteps, warnings: lossy } = await planMigration(project, client, files, options);
  const [warnings, unexecutable] = [messagesOf(lossy), messagesOf(unexecutableSteps)];
  const result = { applied, warnings, unexecutable, kept: [], lost: [] };
  if (migrationScript === null) return { ...result, state: applied.length > 0 ? "applied" : "in-sync" };
  if (options.createOnly !== true) {
    if (unexecutable.length > 0) throw unexecutableError(unexecutable);
    if (warnings.length > 0 && !(await options.mayLoseData(warnings))) throw lossError(warnings);
  }
  const { script, kept, lost } = await keepObjects(client, types.restoreSql(migrationScript));
  const name = nameMigration(options.name ?? "", await listMigrations(dir), new Date());
  const file = await writeMigration(dir, name, script);
  const made = { ...result, migration: { name, file, script }, kept, lost };
  if (options.createOnly === true) return { ...made, state: "created" };
  const done = await applyNew(client, dir, file, options);
  return { ...made, state: "applied", applied: [...applied, ...done] };
}

/** Compares the database with what its migrations make, in a shadow database. */
async function refuseDrift(engine: SchemaEngine, project: PrismaProject): Promise<void> {
  const { migrations: dir, filters, shadowScript } = project;
  const migrationsList = await readMigrationList(dir, shadowScript);
  const { action } = await engine.devDiagnostic({ migrationsList, filters });
  if (action.tag !== "reset") return;
  throw new MigrateError(
    `${action.reason.trim()}\n\nThe database and ${dir} have gone different ways. Nothing was changed. Bring them together by hand, ` +
      `or take all data of this database away and make it anew: litefleet-migrate prisma reset`,
    "RESET_NEEDED",
  );
}

/** Applies what is pending, also what was merged in late. */
async function applyFolder(client: Client, dir: string, options: DevOptions): Promise<readonly string[]> {
  const set = await readMigrationSet(dir);
  const { tenant, signal } = options;
  const run = (allowDestructive: boolean): ReturnType<typeof applyPending> =>
    applyPending(client, set, { tenant, signal, order: "allow", allowDestructive });
  try {
    return (await run(false)).applied;
  } catch (error) {
    if (!(error instanceof MigrateError) || error.code !== "DESTRUCTIVE") throw error;
    if (!(await options.mayLoseData([withoutCode(error)]))) throw error;
    return (await run(true)).applied;
  }
}

async function planMigration(
  project: PrismaProject,
  client: Client,
  files: SchemaFile[],
  { createOnly }: DevOptions,
): Promise<{
  readonly migrationScript: string | null;
  readonly unexecutableSteps: readonly MigrationFeedback[];
  readonly warnings: readonly MigrationFeedback[];
}> {
  const { filters } = project;
  const migrationsList = await readMigrationList(project.migrations, project.shadowScript);
  const [schema, draft, migrationName] = [{ files }, createOnly === true, ""];
  return withEngine(project.root, client, async (engine) => {
    // Without a diagnosis before it the engine asks for a shadow database and does not use the one that it gets.
    await refuseDrift(engine, project);
    const loss = await engine.evaluateDataLoss({ migrationsList, schema, filters });
    const { migrationScript } = await engine.createMigration({ migrationsList, schema, filters, draft, migrationName });
    return { ...loss, migrationScript };
  });
}

/** What it takes away has been agreed to, or there is nothing in the database that it could take. */
async function applyNew(client: Client, dir: string, file: string, options: DevOptions): Promise<readonly string[]> {
  const { tenant, signal } = options;
  try {
    return (await applyPending(client, await readMigrationSet(dir), { tenant, signal, order: "allow" })).applied;
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    const { code, migration, statementIndex, cause } = error;
    throw new MigrateError(
      `${withoutCode(error)} The migration was written and is not applied: correct ${file} and run this again, or remove its folder.`,
      code,
      { tenant, migration, statementIndex, cause },
    );
  }
}

function messagesOf(feedback: readonly MigrationFeedback[]): string[] {
  return feedback.map(({ message }) => message);
}

function withoutCode({ code, message }: MigrateError): string {
  return message.slice(code.length + 2);
}

function unexecutableError(steps: readonly string[]): MigrateError {
  return new MigrateError(
    `The rows that are there stand in the way:\n${bullets(steps)}\nNothing was changed. Give the field a default or make it ` +
      `optional; or write the migration with --create-only and fill the column in it by hand.`,
    "UNEXECUTABLE",
  );
}

function lossError(warnings: readonly string[]): MigrateError {
  return new MigrateError(
    `The change takes data away:\n${bullets(warnings)}\nNothing was changed. If that is meant, say so with --allow-destructive. ` +
      `A field that was only renamed keeps its data with @map("old_name"), or with --create-only and RENAME COLUMN in the file.`,
    "DESTRUCTIVE",
  );
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `  - ${line}`).join("\n");
}
