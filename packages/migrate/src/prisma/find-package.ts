import { realpathSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { pathToFileURL } from "node:url";

/**
 * The manifest of a package as modules of the file `from` would find it, wherever its links lead; `undefined` if it is not
 * installed there. Other than `require` it does not look into NODE_PATH, which package managers set for the commands that they start.
 */
export function findPackage(name: string, from: string): string | undefined {
  try {
    const manifest = findPackageJSON(name, pathToFileURL(from));
    return manifest === undefined ? undefined : realpathSync(manifest);
  } catch {
    return undefined;
  }
}
