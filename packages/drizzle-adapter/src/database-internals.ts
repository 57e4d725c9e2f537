import type { Client, Transaction } from "@litefleet/driver";

/** What helpers that are given a database need of it; `TSql` and `TColumn` are the ORM's. */
export interface DatabaseInternals<TSql, TColumn> {
  /** What its queries run on. */
  readonly executor: Client | Transaction;
  /** Text and parameters of a piece of SQL. */
  toQuery(this: void, query: TSql): { readonly sql: string; readonly params: unknown[] };
  /** A column's name in the database. */
  columnName(this: void, column: TColumn): string;
}
