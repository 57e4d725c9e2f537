import type { Client } from "@litefleet/driver";
import { MigrateError } from "../../errors.ts";
import { tenantExists, withClient } from "../../fleet/run-tenants.ts";
import type { PrismaProject } from "../../prisma/project.ts";
import { redact } from "../../redact.ts";
import { describeCause } from "../../tenant-errors.ts";
import { withInterrupt } from "../interrupt.ts";
import type { Io } from "../io.ts";

/** The one database that a command is about. */
export interface Database {
  readonly client: Client;
  /** What messages call it. */
  readonly tenant: string;
  readonly signal: AbortSignal;
}

/** Opens the project's database for the time of `use`; a file that is not there is made. */
export async function withDatabase<T>(
  project: PrismaProject,
  io: Io,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const tenant = await project.database();
  try {
    return await withInterrupt(io, (signal) =>
      withClient(tenant, (client) => use({ client, tenant: tenant.name, signal })),
    );
  } catch (error) {
    throw failureOf(error, tenant.name, tenant.config.authToken);
  }
}

/** {@link withDatabase} for what makes no database: `use` gets none for a file that is not there. */
export async function withDatabaseIfThere<T>(
  project: PrismaProject,
  io: Io,
  use: (database: Database | undefined) => Promise<T>,
): Promise<T> {
  return (await tenantExists(await project.database())) ? withDatabase(project, io, use) : use(undefined);
}

/** {@link withDatabase} for what needs one that is there. @throws {MigrateError} `TARGET_INVALID` if it is not. */
export async function withExistingDatabase<T>(
  project: PrismaProject,
  io: Io,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const { target } = await project.database();
  return withDatabaseIfThere(project, io, async (database) => {
    if (database !== undefined) return use(database);
    throw new MigrateError(
      `There is no database ${target}. Make it with litefleet-migrate prisma deploy, or prisma dev.`,
      "TARGET_INVALID",
    );
  });
}

/** What a database answers is no bug of ours. */
function failureOf(error: unknown, tenant: string, authToken: unknown): unknown {
  if (error instanceof MigrateError || !(error instanceof Error) || !("code" in error)) return error;
  const secrets = typeof authToken === "string" ? [authToken] : [];
  const message = `The database ${tenant}: ${redact(describeCause(error), secrets)}`;
  return new MigrateError(message, "TENANT_FAILED", { tenant, cause: error });
}
