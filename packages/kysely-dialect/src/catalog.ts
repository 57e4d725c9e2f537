import { sql } from "kysely";
import type { Expression, QueryExecutorProvider } from "kysely";
import { isInternalTable, shadowTableOfIndex } from "./internal-tables.ts";

/** A table or view of `sqlite_master`, with what `PRAGMA table_list` says of it. */
export interface CatalogTable {
  readonly type: "table" | "view";
  readonly name: string;
  readonly kind: "table" | "view" | "virtual" | "shadow";
  readonly wr: 0 | 1;
  readonly strict: 0 | 1;
}

/**
 * A row of `PRAGMA table_xinfo`.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_table_xinfo
 */
export interface CatalogColumn {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly notnull: 0 | 1;
  readonly dflt_value: string | null;
  /** Its place in the primary key, from 1; 0 outside of it. */
  readonly pk: number;
  /** 1: hidden, of a virtual table; 2: generated, virtual; 3: generated, stored. */
  readonly hidden: 0 | 1 | 2 | 3;
  /** How many indexes the primary key has. */
  readonly pk_indexes: number;
}

interface Entry extends Omit<CatalogTable, "type"> {
  readonly type: "table" | "view" | "index";
  readonly sql: string | null;
}

/**
 * The tables and views that are not the engine's own, in order of their names.
 *
 * @param condition which of them: makes a condition of an expression for their name. Default: all.
 */
export async function readTables(
  db: QueryExecutorProvider,
  condition?: (table: Expression<string>) => Expression<unknown>,
): Promise<CatalogTable[]> {
  const isWanted = condition === undefined ? sql`` : sql` and (m.type = 'index' or ${condition(sql.ref("m.name"))})`;
  const { rows } = await sql<Entry>`
    select m.type, m.name, l.type as kind, l.wr, l.strict, case m.type when 'index' then m.sql end as sql
    from sqlite_master as m left join pragma_table_list as l on l.schema = 'main' and l.name = m.name
    where m.type in ('table', 'view', 'index')${isWanted} order by m.name`.execute(db);
  const shadows = new Set(
    rows.map((row) => (row.type === "index" ? shadowTableOfIndex(row.name, row.sql) : undefined)),
  );
  return rows.flatMap(({ type, name, kind, wr, strict }) =>
    type === "index" || kind === "shadow" || isInternalTable(name) || shadows.has(name)
      ? []
      : [{ type, name, kind, wr, strict }],
  );
}

/**
 * The columns of all tables. The place in the primary key is read from its index, if there is one: Turso Database 0.7 says 1 of
 * every column of the key.
 */
export async function readColumns(db: QueryExecutorProvider): Promise<CatalogColumn[]> {
  const { rows } = await sql<CatalogColumn>`
    select m.name as "table", c.name, c.type, c."notnull", c.dflt_value, c.hidden,
      coalesce(
        (select k.seqno + 1 from pragma_index_list(m.name) as i, pragma_index_info(i.name) as k
          where i.origin = 'pk' and k.cid = c.cid),
        c.pk) as pk,
      (select count(*) from pragma_index_list(m.name) as i where i.origin = 'pk') as pk_indexes
    from sqlite_master as m, pragma_table_xinfo(m.name) as c
    where m.type = 'table' order by m.name, c.cid`.execute(db);
  return rows;
}

/** The columns of all views, or of one. Fails if one of them does not work any more. */
export async function readViewColumns(db: QueryExecutorProvider, view?: string): Promise<CatalogColumn[]> {
  const isWanted = view === undefined ? sql`` : sql` and m.name = ${view}`;
  const { rows } = await sql<CatalogColumn>`
    select m.name as "table", c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden, 0 as pk_indexes
    from sqlite_master as m, pragma_table_xinfo(m.name) as c
    where m.type = 'view'${isWanted} order by m.name, c.cid`.execute(db);
  return rows;
}
