import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { MigrateError } from "../errors.ts";

/** One file of a Prisma schema, by its absolute path. */
export interface SchemaFile {
  readonly path: string;
  readonly content: string;
}

/** A Prisma schema: one file, or all of a folder. */
export interface PrismaSchema {
  /** The folder that it lies in. */
  readonly folder: string;
  readonly files: readonly SchemaFile[];
}

/**
 * Reads a schema.
 *
 * @param where the file, or a folder with files of the kind `*.prisma`, also in folders below.
 * @throws {MigrateError} `PRISMA_PROJECT_INVALID` if there is none, `PRISMA_SCHEMA_INVALID` if it is for another kind of database.
 */
export async function readSchema(where: string | undefined): Promise<PrismaSchema> {
  if (where === undefined) {
    throw new MigrateError(
      `There is neither schema.prisma nor prisma/schema.prisma here. Give --schema, or set "schema" in prisma.config.ts.`,
      "PRISMA_PROJECT_INVALID",
    );
  }
  const schema = await readFiles(where);
  for (const file of schema.files) checkProvider(file);
  return schema;
}

async function readFiles(where: string): Promise<PrismaSchema> {
  try {
    if (!(await stat(where)).isDirectory()) return { folder: path.dirname(where), files: [await readOne(where)] };
    const names = await readdir(where, { recursive: true });
    const files = names.filter((name) => name.endsWith(".prisma")).toSorted();
    if (files.length === 0) {
      throw new MigrateError(`${where} holds no file of the kind *.prisma.`, "PRISMA_PROJECT_INVALID");
    }
    return { folder: where, files: await Promise.all(files.map((name) => readOne(path.join(where, name)))) };
  } catch (cause) {
    if (cause instanceof MigrateError) throw cause;
    throw new MigrateError(`The schema ${where} cannot be read.`, "PRISMA_PROJECT_INVALID", { cause });
  }
}

async function readOne(file: string): Promise<SchemaFile> {
  return { path: file, content: await readFile(file, "utf8") };
}

/** The engine would write SQL for SQLite all the same. */
function checkProvider({ path: file, content }: SchemaFile): void {
  const plain = content.replaceAll(/^\s*\/\/.*$/gmu, "");
  const provider = /\bdatasource\s+\w+\s*\{[^}]*\bprovider\s*=\s*"(?<name>[^"]*)"/u.exec(plain)?.groups?.["name"];
  if (provider === undefined || provider === "sqlite") return;
  throw new MigrateError(
    `${file} is for ${JSON.stringify(provider)}. For libSQL, Turso and SQLite the provider is "sqlite".`,
    "PRISMA_SCHEMA_INVALID",
  );
}
