import type { Client, InValue, RawResult, Transaction } from "@litefleet/driver";
import type { SqlQuery } from "@prisma/driver-adapter-utils";
import type { LitefleetQueryable } from "./litefleet-queryable.ts";

/** A query of Prisma's as it would be run: its SQL, and its arguments as SQLite stores them. */
export interface CompiledQuery {
  readonly sql: string;
  readonly args: readonly InValue[];
}

/** What a query has arrived at. */
export interface Arrival {
  readonly queryable: LitefleetQueryable;
  /** What would run it; a transaction begins with this. */
  readonly executor: () => Promise<Client | Transaction>;
}

/** Answers a query in the place of the database. */
export type AnswerQuery = (query: CompiledQuery, arrival: Arrival) => Promise<RawResult>;

/** The answer that no row was found. */
export const noRows: RawResult = {
  columns: [],
  columnTypes: [],
  rows: [],
  rowsAffected: 0,
  lastInsertRowid: undefined,
};

const watched = new Map<string, AnswerQuery>();
const largestTake = 2_000_000_000;

/** The same few numbers again and again: Prisma makes a plan for each. */
function freeTake(): number {
  let take = largestTake;
  while (watched.has(String(take))) take -= 1;
  return take;
}

/**
 * A `findMany` whose SQL is not run but given to `answer`, which makes its result: the way to have Prisma turn a `where` into SQL, and rows
 * into objects. Whatever other extensions do with the call, it is known by its `take`, which no other call under way has and
 * which, run anywhere else, would limit nothing.
 */
export class WatchedQuery implements Disposable {
  /** To be given to `findMany`. */
  readonly take: number;

  constructor(answer: AnswerQuery) {
    this.take = freeTake();
    watched.set(String(this.take), answer);
  }

  [Symbol.dispose](): void {
    watched.delete(String(this.take));
  }
}

/** What answers `query`, if it is a {@link WatchedQuery}: its last arguments are `take` and `skip`. */
export function answerOf(query: SqlQuery): AnswerQuery | undefined {
  return watched.size === 0 ? undefined : watched.get(String(query.args.at(-2)));
}
