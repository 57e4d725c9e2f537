import type { CommandGroup } from "../../command.ts";

/** `litefleet-migrate prisma` in `--help`. */
export const prismaGroup: CommandGroup = {
  name: "prisma",
  summary: "dev, diff, deploy, pull and more, for Prisma",
  details:
    "Drives Prisma's schema engine (@prisma/schema-engine-wasm, with @litefleet/prisma-adapter) on a file, a libSQL server or Turso " +
    "Database. Nothing is downloaded or reported, and the engine itself changes no database: migrations are applied as `up` does it.",
};
