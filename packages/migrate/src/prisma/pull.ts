import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Client } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import type { PrismaProject } from "./project.ts";
import { readSchema } from "./schema-files.ts";
import type { SchemaFile } from "./schema-files.ts";
import { TypeCase } from "./type-case.ts";
import { withEngine } from "./with-engine.ts";

/** A schema that was read from a database. */
export interface PullResult {
  /** Every file of the schema, as it is to be. */
  readonly files: readonly SchemaFile[];
  /** The SQL of views, by the file that it belongs into; only with the preview feature `views`. */
  readonly views: readonly SchemaFile[];
  /** What the engine has to say of what Prisma cannot express; empty if nothing. */
  readonly warnings: string;
}

/**
 * Reads the database's schema into the Prisma schema, as `prisma db pull` does: comments, `@map`s and names of relations that are there stay.
 * Changes neither. Vector columns come out as `Unsupported("F32_BLOB(n)")`, the shadow tables of their indexes do not appear.
 *
 * @param force read it as if there were no models yet. Default false.
 * @throws {MigrateError} `PRISMA_ENGINE_FAILED`, such as P4001 for a database without tables.
 */
export async function pull(project: PrismaProject, client: Client, force = false): Promise<PullResult> {
  const types = new TypeCase();
  const { folder, files } = await readSchema(project.schema);
  const schema = { files: types.lower(files) };
  const pulled = await withEngine(project.root, client, (engine) =>
    engine.introspect({ schema, baseDirectoryPath: folder, force, compositeTypeDepth: -1, namespaces: null }),
  );
  const enums = pulled.schema.files.flatMap(({ content }) => namesOfEnums(content));
  return {
    files: pulled.schema.files.map((file) => ({
      path: path.resolve(folder, file.path),
      content: withEnumDefaults(types.restoreSchema(file.content), enums),
    })),
    views: (pulled.views ?? []).map(({ schema: name, name: view, definition }) => ({
      path: path.join(project.views, path.basename(name), `${path.basename(view)}.sql`),
      content: definition,
    })),
    warnings: types.restoreWarnings(pulled.warnings ?? ""),
  };
}

function namesOfEnums(content: string): string[] {
  return [...content.matchAll(/^\s*enum\s+(\w+)/gmu)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

/** To SQLite an enum's default is a text, and the engine writes it as one, which it would not take itself. */
function withEnumDefaults(content: string, enums: readonly string[]): string {
  if (enums.length === 0) return content;
  const field = new RegExp(`^(\\s*\\w+\\s+(?:${enums.join("|")})\\??\\s.*?@default\\()"(\\w+)"\\)`, "gmu");
  return content.replaceAll(field, "$1$2)");
}

/** Writes the files that have changed; which these are. */
export async function writePulled({ files, views }: PullResult, before: readonly SchemaFile[]): Promise<string[]> {
  const known = new Map(before.map(({ path: file, content }) => [file, content]));
  const changed = [...files, ...views].filter((file) => known.get(file.path) !== file.content);
  for (const file of changed) {
    try {
      await mkdir(path.dirname(file.path), { recursive: true });
      await writeFile(file.path, file.content);
    } catch (cause) {
      throw new MigrateError(`${file.path} cannot be written.`, "PRISMA_PROJECT_INVALID", { cause });
    }
  }
  return changed.map((file) => file.path);
}
