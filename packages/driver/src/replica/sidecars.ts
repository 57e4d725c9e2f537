import { existsSync, statSync } from "node:fs";
import { LitefleetError } from "../errors.ts";

/**
 * Checks that a replica's files belong together. The native library would answer each of these with an empty database, or
 * with an error that does not say what to do.
 *
 * @throws {LitefleetError} `CONFIG_INVALID`, saying which file is missing.
 */
export function checkSidecars(path: string): void {
  const index = `${path}-client_wal_index`;
  const hasData = existsSync(path) && statSync(path).size > 0;
  const hasIndex = existsSync(index);
  if (hasData && !hasIndex) {
    throw new LitefleetError(
      `${path} is not an embedded replica, or its file ${index} is missing. To make a replica here, move the database away first.`,
      "CONFIG_INVALID",
    );
  }
  if (!existsSync(path) && hasIndex) {
    throw new LitefleetError(
      `The replica ${path} is missing, but its file ${index} is there. Delete that file, so that the replica is fetched anew.`,
      "CONFIG_INVALID",
    );
  }
}
