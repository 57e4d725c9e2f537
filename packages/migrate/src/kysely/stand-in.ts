import type { Client, InArgs, PreparedStatement, RawResult, Transaction, TransactionMode } from "@litefleet/driver";

/** What runs the statements of a migration. */
export interface StatementHost {
  run(sql: string, args: InArgs): Promise<RawResult>;
  /** Rows are about to be streamed. */
  stream(sql: string): void;
  /** A transaction inside of the migration begins, is kept, or is undone. */
  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/**
 * A client whose statements and transactions go to `host`, as far as our Kysely dialect uses a client. Everything else is
 * that of `client` and of `base`, the transaction that stands behind it.
 */
export function standIn(client: Client, base: Transaction, host: StatementHost): Client {
  const prepare = (sql: string): PreparedStatement => {
    const statement = base.prepare(sql);
    const chunks: PreparedStatement["chunks"] = (args, options) => {
      host.stream(sql);
      return statement.chunks(args, options);
    };
    return over(statement, { raw: (args: InArgs = []) => host.run(sql, args), chunks });
  };
  const begin = async (): Promise<Transaction> => {
    await host.begin();
    let isOpen = true;
    const end = async (how: "commit" | "rollback"): Promise<void> => {
      if (!isOpen) return;
      isOpen = false;
      await host[how]();
    };
    return over(base, {
      prepare,
      commit: () => end("commit"),
      rollback: () => end("rollback"),
      // Whatever stops it stops the migration, too.
      close: () => void end("rollback").catch(() => undefined),
    });
  };
  // Of any mode, and never run again: it is a part of the migration's own.
  const transaction = async (run?: TransactionMode | ((inner: Transaction) => Promise<unknown>)): Promise<unknown> => {
    const inner = await begin();
    if (typeof run !== "function") return inner;
    try {
      const result = await run(inner);
      await inner.commit();
      return result;
    } catch (error) {
      await inner.rollback();
      throw error;
    }
  };
  // On a server Kysely's migrations may not turn foreign keys off by themselves; here that is taken out and honoured.
  const status = (): ReturnType<Client["status"]> => ({ ...client.status(), engine: "sqlite" });
  return over(client, { prepare, transaction, status });
}

/** `target` with some members replaced. */
function over<T extends object>(target: T, members: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get: (object, key) => {
      if (typeof key === "string" && Object.hasOwn(members, key)) return members[key];
      const value: unknown = Reflect.get(object, key, object);
      if (typeof value !== "function") return value;
      const bound: unknown = value.bind(object);
      return bound;
    },
  });
}
