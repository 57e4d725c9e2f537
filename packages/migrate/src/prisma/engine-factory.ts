import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { splitStatements } from "@litefleet/driver/sql";
import type {
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
  SqlQuery,
  SqlResultSet,
} from "@prisma/driver-adapter-utils";
import type { PrismaModules } from "./load-engine.ts";
import { readSchemaEntries } from "./schema-mirror.ts";
import { visibleTables } from "./visible-tables.ts";

/**
 * What the schema engine connects to. Its main connection is to the mirror; only when it counts rows, to tell what a
 * migration would lose, it is let to the database itself. A shadow database is an empty one in memory, in which the folder's migrations run.
 */
export class EngineFactory implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = "sqlite";
  readonly adapterName = "@litefleet/prisma-adapter";
  readonly #modules: PrismaModules;
  readonly #mirror: Client;
  readonly #database: Client | undefined;

  /** The clients stay open. */
  constructor(modules: PrismaModules, mirror: Client, database: Client | undefined) {
    this.#modules = modules;
    this.#mirror = mirror;
    this.#database = database;
  }

  async connect(): Promise<SqlDriverAdapter> {
    const mirror = await this.#connect(this.#mirror);
    const real = this.#database === undefined ? mirror : await this.#connect(this.#database);
    return withQueries(mirror, async (query) => {
      if (countsRows(query.sql)) return real.queryRaw(query);
      return withoutSpaces(query, await mirror.queryRaw(query));
    });
  }

  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const { PrismaLitefleet } = this.#modules;
    const client = createClient({ url: ":memory:", engine: "libsql" });
    const shadow = await new PrismaLitefleet(client).connect();
    return withQueries(
      shadow,
      async (query) => {
        const result = await shadow.queryRaw(query);
        return listsTables(query.sql) ? withVisible(client, result) : withoutSpaces(query, result);
      },
      async () => client.close(),
    );
  }

  async #connect(client: Client): Promise<SqlDriverAdapter> {
    return new this.#modules.PrismaLitefleet(client).connect();
  }
}

/** An adapter that differs in how it reads. */
function withQueries(
  adapter: SqlDriverAdapter,
  queryRaw: (query: SqlQuery) => Promise<SqlResultSet>,
  dispose: () => Promise<void> = () => adapter.dispose(),
): SqlDriverAdapter {
  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    queryRaw: (query) => queryRaw(withStringInQuotes(query)),
    executeRaw: async (query) => (splitStatements(query.sql).length === 0 ? 0 : adapter.executeRaw(query)),
    executeScript: (script) => adapter.executeScript(script),
    startTransaction: (level) => adapter.startTransaction(level),
    getConnectionInfo: () => adapter.getConnectionInfo?.() ?? { supportsRelationJoins: false },
    dispose,
  };
}

/** The engine asks for the SQL of a partial index with the name in double quotes, which to libSQL is a column's. */
function withStringInQuotes(query: SqlQuery): SqlQuery {
  const found = /^(SELECT sql FROM sqlite_master WHERE type = 'index' AND name = )"(.*)";?$/su.exec(query.sql.trim());
  const [, start, name] = found ?? [];
  return start === undefined ? query : { ...query, sql: `${start}'${(name ?? "").replaceAll("'", "''")}'` };
}

function countsRows(sql: string): boolean {
  return /^\s*SELECT\s+COUNT\s*\(/iu.test(sql);
}

/** The engine also asks for the SQL of one index. */
function listsTables(sql: string): boolean {
  return /\bFROM\s+sqlite_(?:master|schema)\s+WHERE\s+type\s*=\s*'table'/iu.test(sql);
}

async function withVisible(client: Client, result: SqlResultSet): Promise<SqlResultSet> {
  const visible = visibleTables(await readSchemaEntries(client));
  return { ...result, rows: result.rows.filter(([name]) => visible.has(String(name))) };
}

/** Turso writes `F32_BLOB (3)` where people wrote `F32_BLOB(3)`. */
function withoutSpaces({ sql }: SqlQuery, result: SqlResultSet): SqlResultSet {
  if (!/^\s*PRAGMA\s+table_info\b/iu.test(sql)) return result;
  const type = result.columnNames.indexOf("type");
  const rows = result.rows.map((row) =>
    row.map((value, i) => (i === type && typeof value === "string" ? value.replace(/\s+\(/u, "(") : value)),
  );
  return { ...result, rows };
}
