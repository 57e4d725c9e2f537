import type { Client } from "@litefleet/driver";
import type { DiffTarget } from "@prisma/schema-engine-wasm";
import { readMigrationList } from "./migration-folder.ts";
import type { PrismaProject } from "./project.ts";
import { readSchema } from "./schema-files.ts";
import { TypeCase } from "./type-case.ts";
import { withEngine } from "./with-engine.ts";

/** A schema that is compared: none at all, what migrations make, what a Prisma schema says, or what a database has. */
export type DiffSide =
  | { readonly kind: "empty" }
  | { readonly kind: "migrations"; readonly dir: string }
  | { readonly kind: "schema"; readonly path: string | undefined }
  | { readonly kind: "database" };

/** What makes one schema of another. */
export interface DiffResult {
  readonly isEmpty: boolean;
  /** A summary for people. */
  readonly summary: string;
  /** The same as SQL; empty if there is no difference. */
  readonly script: string;
}

/**
 * Compares two schemas, as `prisma migrate diff` does. Changes nothing.
 *
 * @param client the database of a side of that kind; stays open.
 * @throws {MigrateError} `PRISMA_SCHEMA_INVALID`, `PRISMA_ENGINE_FAILED`, such as a migration that cannot be applied.
 */
export async function diff(
  project: PrismaProject,
  client: Client | undefined,
  sides: { readonly from: DiffSide; readonly to: DiffSide },
): Promise<DiffResult> {
  const types = new TypeCase();
  const [from, to] = [await toTarget(project, sides.from, types), await toTarget(project, sides.to, types)];
  const { filters } = project;
  return withEngine(project.root, client, async (engine) => {
    const summary = await engine.diff({ from, to, filters, script: false, exitCode: true });
    const script = await engine.diff({ from, to, filters, script: true, exitCode: true });
    const isEmpty = summary.exitCode === 0;
    return {
      isEmpty,
      summary: summary.stdout ?? "",
      script: isEmpty ? "" : types.restoreSql(script.stdout ?? ""),
    };
  });
}

async function toTarget(project: PrismaProject, side: DiffSide, types: TypeCase): Promise<DiffTarget> {
  switch (side.kind) {
    case "empty":
      return { tag: "empty" };
    case "migrations":
      return { tag: "migrations", ...(await readMigrationList(side.dir, project.shadowScript)) };
    case "schema":
      return { tag: "schemaDatamodel", files: types.lower((await readSchema(side.path)).files) };
    case "database":
      return { tag: "schemaDatasource", files: [sqliteSchema], configDir: project.root };
  }
}

/** The engine takes the connection that it has, and wants to see a schema of the same kind. */
const sqliteSchema = { path: "schema.prisma", content: 'datasource db {\n  provider = "sqlite"\n}\n' };
