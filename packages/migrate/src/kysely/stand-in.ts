import type { Client, InArgs, PreparedStatement, RawResult, Transaction, TransactionMode } from "@litefleet/driver";
import { Level } from "./level.ts";
import type { Brackets } from "./level.ts";

/** What runs the statements of a migration. */
export interface StatementHost extends Brackets {
  run(sql: string, args: InArgs): Promise<RawResult>;
  /** Rows are about to be streamed. */
  stream(sql: string): void;
}

/**
 * Runs a migration with a client whose statements and transactions go to `host`, as far as our Kysely dialect uses a client. Everything
 * else is that of `client` and of `base`, the transaction that stands behind it.
 */
export async function withStandIn(
  client: Client,
  base: Transaction,
  host: StatementHost,
  migration: (stand: Client) => Promise<void>,
): Promise<void> {
  // On a server Kysely's migrations may not turn foreign keys off by themselves; here that is taken out and honoured.
  const status = (): ReturnType<Client["status"]> => ({ ...client.status(), engine: "sqlite" });
  await Level.run(host, async (level) => {
    await migration(over(client, { ...membersOf(level, base, host), status }));
  });
}

/** Of a client that stands at this level. */
function membersOf(
  level: Level,
  base: Transaction,
  host: StatementHost,
): { prepare: Client["prepare"]; transaction: unknown } {
  const prepare = (sql: string): PreparedStatement => {
    const statement = base.prepare(sql);
    const chunks: PreparedStatement["chunks"] = (args, options) => {
      host.stream(sql);
      return inTurn(level, () => statement.chunks(args, options));
    };
    return over(statement, { raw: (args: InArgs = []) => level.call(async () => host.run(sql, args)), chunks });
  };
  const begin = async (): Promise<Transaction> => {
    const inner = await level.begin();
    return over(base, {
      prepare: membersOf(inner, base, host).prepare,
      commit: () => inner.end("commit"),
      rollback: () => inner.end("rollback"),
      // Whatever stops it stops the migration, too.
      close: () => void inner.end("rollback").catch(() => undefined),
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
  return { prepare, transaction };
}

/** A stream keeps nobody waiting once it has begun: what it is read for may write. */
async function* inTurn<T>(level: Level, open: () => AsyncIterableIterator<T>): AsyncGenerator<T, void> {
  await level.call(async () => undefined);
  yield* open();
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
