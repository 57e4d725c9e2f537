import type { SqlQuery } from "@prisma/driver-adapter-utils";
import type { LitefleetQueryable } from "./litefleet-queryable.ts";

/** What runs raw SQL: a Prisma client, or that of a transaction. */
export interface RawRunner {
  $executeRawUnsafe(sql: string, ...args: unknown[]): PromiseLike<number>;
}

/** The text is always the same, as statements are prepared; the number of the question is bound. */
const text = "SELECT ? /* @litefleet/prisma-adapter: which connection is this? */";

const open = new Map<string, (queryable: LitefleetQueryable) => void>();
let lastId = 0;

/**
 * A statement that our adapter does not run: what was to run it says who it is. Prisma hides the adapter's objects, but takes a raw
 * query to the right one, also in a transaction and as a part of a list. The answer comes before the statements behind it run.
 */
export class QueryableQuestion implements Disposable {
  readonly #id: string;

  constructor(onAnswer: (queryable: LitefleetQueryable) => void) {
    lastId += 1;
    this.#id = `question ${lastId}`;
    open.set(this.#id, onAnswer);
  }

  /** The query that asks. Nothing happens until it is awaited, or given to `$transaction`. */
  ask(client: RawRunner): PromiseLike<number> {
    return client.$executeRawUnsafe(text, this.#id);
  }

  /** No answer is expected any more. */
  [Symbol.dispose](): void {
    open.delete(this.#id);
  }
}

/**
 * What runs the statements of a Prisma client, or of the client in a transaction.
 *
 * @throws {TypeError} if its adapter is not `PrismaLitefleet`.
 */
export async function queryableOf(client: RawRunner): Promise<LitefleetQueryable> {
  let found: LitefleetQueryable | undefined;
  using question = new QueryableQuestion((queryable) => {
    found = queryable;
  });
  await question.ask(client);
  if (found === undefined) {
    throw new TypeError(
      "The extension needs a Prisma client over PrismaLitefleet: new PrismaClient({ adapter: new PrismaLitefleet(…) })",
    );
  }
  return found;
}

/** Whether `query` was a {@link QueryableQuestion}; then it has its answer. */
export function answers(query: SqlQuery, queryable: LitefleetQueryable): boolean {
  // Prisma may have put comments of the user's around it.
  if (open.size === 0 || !query.sql.includes(text)) return false;
  const answer = open.get(String(query.args[0]));
  answer?.(queryable);
  return answer !== undefined;
}
