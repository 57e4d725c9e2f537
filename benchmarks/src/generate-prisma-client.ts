import { execFile } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const require = createRequire(import.meta.url);
const cache = fileURLToPath(new URL("../.cache/prisma/", import.meta.url));

/** Generates the Prisma client of `schema.prisma`, offline; gives the URL of its `client.ts`. */
export async function generatePrismaClient(): Promise<string> {
  await rm(cache, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await cp(new URL("schema.prisma", import.meta.url), join(cache, "schema.prisma"));
  await promisify(execFile)(
    process.execPath,
    [require.resolve("prisma/build/index.js"), "generate", "--schema", "schema.prisma"],
    {
      cwd: cache,
      env: {
        ...process.env,
        // Generating needs no schema engine, but the command line downloads one unless it is told of a file.
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        CHECKPOINT_DISABLE: "1",
        PRISMA_HIDE_UPDATE_MESSAGE: "1",
      },
    },
  );
  return pathToFileURL(join(cache, "client", "client.ts")).href;
}
