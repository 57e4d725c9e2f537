import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlQueryable,
  SqlResultSet,
  Transaction,
} from "@prisma/driver-adapter-utils";

/**
 * An adapter that asks `real` for each SQL text once and gives that answer ever after: no database is in the way, so what is left is
 * Prisma's own time. No adapter can be faster.
 */
export function replaying(real: SqlDriverAdapterFactory): SqlDriverAdapterFactory {
  return {
    provider: "sqlite",
    adapterName: "replaying",
    async connect(): Promise<SqlDriverAdapter> {
      const adapter = await real.connect();
      const queries = replay(adapter);
      return {
        ...queries,
        executeScript: (script) => adapter.executeScript(script),
        startTransaction: async (): Promise<Transaction> => ({
          ...queries,
          options: { usePhantomQuery: true },
          commit: async () => {},
          rollback: async () => {},
        }),
        getConnectionInfo: () => ({ supportsRelationJoins: false }),
        dispose: () => adapter.dispose(),
      };
    },
  };
}

function replay(real: SqlQueryable): SqlQueryable {
  const answers = new Map<string, SqlResultSet>();
  return {
    provider: "sqlite",
    adapterName: "replaying",
    async queryRaw(query: SqlQuery): Promise<SqlResultSet> {
      const known = answers.get(query.sql);
      if (known !== undefined) return known;
      const answer = await real.queryRaw(query);
      answers.set(query.sql, answer);
      return answer;
    },
    executeRaw: (query) => real.executeRaw(query),
  };
}
