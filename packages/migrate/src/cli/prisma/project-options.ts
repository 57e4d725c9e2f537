import { readProject } from "../../prisma/project.ts";
import type { PrismaProject } from "../../prisma/project.ts";
import type { RawOptions } from "../command.ts";
import { oneOf, optionalText } from "../read-option.ts";
import type { Io } from "../io.ts";

/** Finds the project that the options of a command name. */
export function projectOf(options: RawOptions, io: Io): Promise<PrismaProject> {
  return readProject({
    cwd: process.cwd(),
    config: optionalText(options["config"]),
    schema: optionalText(options["schema"]),
    dir: optionalText(options["dir"]),
    url: optionalText(options["url"]),
    engine: oneOf(["libsql", "sqlite", "turso"], options["engine"]),
    authToken: io.env["LIBSQL_AUTH_TOKEN"] ?? io.env["TURSO_AUTH_TOKEN"],
  });
}
