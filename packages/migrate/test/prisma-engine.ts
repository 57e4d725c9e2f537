import { PrismaLibSql } from "@prisma/adapter-libsql";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import type { SqlDriverAdapter } from "@prisma/driver-adapter-utils";
import { SchemaEngine } from "@prisma/schema-engine-wasm";
import type { MigrationList } from "@prisma/schema-engine-wasm";

const filters = { externalTables: [], externalEnums: [] };

/**
 * Prisma's own schema engine on a database file, or on a server by its URL, with Prisma's own adapter: what `prisma migrate` runs, without the CLI, which
 * would download a binary. It locks the file while it is open.
 */
export async function withPrismaEngine<T>(
  file: string | { readonly url: string; readonly authToken?: string },
  migrations: Readonly<Record<string, string>>,
  use: (engine: {
    /** `prisma migrate deploy`; the names of what was applied. */
    readonly deploy: () => Promise<string[]>;
    /** `prisma migrate status` */
    readonly diagnose: () => ReturnType<SchemaEngine["diagnoseMigrationHistory"]>;
    /** `prisma migrate resolve --rolled-back` */
    readonly markRolledBack: (migration: string) => Promise<unknown>;
  }) => Promise<T>,
): Promise<T> {
  const base = new PrismaLibSql(typeof file === "string" ? { url: `file:${file}` } : file);
  const connections: SqlDriverAdapter[] = [];
  const connect = base.connect.bind(base);
  base.connect = async () => {
    const connection = await connect();
    connections.push(connection);
    return connection;
  };
  const factory = bindMigrationAwareSqlAdapterFactory(base);
  const engine = await SchemaEngine.new({ datamodels: undefined }, () => undefined, factory);
  const migrationsList = toList(migrations);
  try {
    return await use({
      deploy: async () => (await engine.applyMigrations({ migrationsList, filters })).appliedMigrationNames,
      diagnose: () => engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters }),
      markRolledBack: (migrationName) => engine.markMigrationRolledBack({ migrationName }),
    });
  } finally {
    engine.free();
    for (const connection of connections) await connection.dispose();
  }
}

function toList(migrations: Readonly<Record<string, string>>): MigrationList {
  return {
    baseDir: "migrations",
    lockfile: { path: "migration_lock.toml", content: 'provider = "sqlite"\n' },
    shadowDbInitScript: "",
    migrationDirectories: Object.entries(migrations).map(([name, value]) => ({
      path: name,
      migrationFile: { path: "migration.sql", content: { tag: "ok", value } },
    })),
  };
}
