import type { Client } from "@litefleet/driver";
import type { SchemaEngine } from "@prisma/schema-engine-wasm";
import { MigrateError } from "../errors.ts";
import { EngineFactory } from "./engine-factory.ts";
import { findPrisma } from "./installed.ts";
import { loadPrisma } from "./load-engine.ts";
import { createMirror } from "./schema-mirror.ts";

/**
 * Runs `use` with Prisma's schema engine, which sees the database as it is now and cannot change it.
 *
 * @param root the project whose packages are used.
 * @param client stays open; `undefined` where no database is needed.
 * @throws {MigrateError} `PRISMA_MISSING`, `PRISMA_MISMATCH`; `PRISMA_SCHEMA_INVALID` and `PRISMA_ENGINE_FAILED` with the
 *   engine's words.
 */
export async function withEngine<T>(
  root: string,
  client: Client | undefined,
  use: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const modules = await loadPrisma(await findPrisma(root));
  const mirror = await createMirror(client);
  try {
    const factory = modules.bindFactory(new EngineFactory(modules, mirror, client));
    const engine = await modules.SchemaEngine.new({ datamodels: undefined }, () => undefined, factory);
    try {
      return await use(engine);
    } finally {
      engine.free();
      modules.clearTimers();
    }
  } catch (error) {
    throw toMigrateError(error);
  } finally {
    mirror.close();
  }
}

function toMigrateError(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "SchemaConnectorError") return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  // Behind the message come the places in the engine's own code.
  const words = error.message.replace(/\n\s+0: [\s\S]*$/u, "").trim();
  if (code === "P1012") {
    return new MigrateError(`The Prisma schema is not valid.\n${words}`, "PRISMA_SCHEMA_INVALID", { cause: error });
  }
  const shown = code === undefined ? words : `${words} (${code})`;
  return new MigrateError(`Prisma's schema engine: ${shown}`, "PRISMA_ENGINE_FAILED", { cause: error });
}
