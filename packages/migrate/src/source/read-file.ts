import { readFile } from "node:fs/promises";
import { MigrateError } from "../errors.ts";

/**
 * The text of a file of migrations.
 *
 * @throws {MigrateError} `DIR_INVALID` if it cannot be read.
 */
export async function readMigrationFile(file: string, migration: string | undefined): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new MigrateError(
      `${file} cannot be read. Restore it from version control, or delete it if it was never applied.`,
      "DIR_INVALID",
      { migration, cause },
    );
  }
}
