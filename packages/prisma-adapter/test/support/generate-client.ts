import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const require = createRequire(import.meta.url);
const schemaPath = fileURLToPath(new URL("../schema.prisma", import.meta.url));
const cachePath = fileURLToPath(new URL("../.cache/", import.meta.url));

/**
 * Generates the Prisma client of `test/schema.prisma`, offline, unless that was done before; gives the URL of its
 * `client.ts`. Runs beside others: each generates into a folder of its own, and the first to finish moves it into place.
 */
export async function generateClient(): Promise<string> {
  const schema = await readFile(schemaPath);
  const { version } = require("prisma/package.json") as { version: string };
  const name = createHash("sha256").update(version).update(schema).digest("hex").slice(0, 16);
  const target = join(cachePath, name);
  const client = join(target, "client", "client.ts");
  if (!existsSync(client)) {
    await mkdir(cachePath, { recursive: true });
    const scratch = await mkdtemp(join(cachePath, "new-"));
    await writeFile(join(scratch, "schema.prisma"), schema);
    await runGenerate(scratch, ["--schema", "schema.prisma"]);
    try {
      await rename(scratch, target);
    } catch (error) {
      await rm(scratch, { recursive: true, force: true });
      if (!existsSync(client)) throw error;
    }
  }
  return pathToFileURL(client).href;
}

/** `prisma generate` in `directory`, offline. */
export async function runGenerate(directory: string, options: readonly string[] = []): Promise<void> {
  const cli = require.resolve("prisma/build/index.js");
  await promisify(execFile)(process.execPath, [cli, "generate", ...options], {
    cwd: directory,
    env: {
      ...process.env,
      // Generating needs no schema engine, but the command line downloads one unless it is told of a file.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: "1",
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
      XDG_CONFIG_HOME: join(directory, "config"),
    },
  });
}
