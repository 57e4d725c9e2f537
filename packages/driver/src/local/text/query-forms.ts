import { nextToken } from "../../sql/tokenize.ts";
import { splitStatements } from "../../sql/split.ts";
import { columnKind } from "./column-kind.ts";
import type { ColumnKind, ResultColumn } from "./column-kind.ts";
import { jsonCellSql } from "./json-cell.ts";
import { hexTextSql } from "./hex-text.ts";

/** How many columns `json_array` takes; SQLite's limit on arguments is 127. */
const maxJsonColumns = 100;

/** What the rows of a query are called inside its forms. */
export const rowsName = "litefleet_rows";

const compounds: ReadonlySet<string> = new Set(["UNION", "INTERSECT", "EXCEPT"]);

/** A query, and the queries that stand in for it so that the library can read every value. */
export interface QueryForms {
  readonly kinds: readonly ColumnKind[];
  /** A row for each row, its text in hexadecimal digits. */
  readonly cells: string;
  /** All rows as one blob that holds a JSON array of arrays: quicker if they are many; `undefined` if it would not be. */
  readonly json: string | undefined;
}

/** @param sql the text of one SELECT or VALUES. */
export function queryForms(sql: string, columns: readonly ResultColumn[]): QueryForms {
  const text = splitStatements(sql)[0]?.sql ?? sql;
  // The columns of a compound query are described by its first part; the others may give anything.
  const kinds = columns.map(isCompound(text) ? (): ColumnKind => "any" : columnKind);
  const isComputed = isCompound(text) || columns.some(({ table }) => table === null);
  const names = columns.map((_, i) => `c${i}`);
  // An expression is evaluated once a row: LIMIT here and there keeps SQLite from copying it to where its value is used.
  const source = isComputed ? `SELECT * FROM (${text}\n) LIMIT -1` : `${text}\n`;
  const head = `WITH ${rowsName} (${names.join(", ")}) AS (${source}) SELECT`;
  const tail = `FROM ${rowsName}${isComputed ? " LIMIT -1" : ""}`;
  const row = `json_array(${names.map((name, i) => jsonCellSql(name, kinds[i]!)).join(", ")})`;
  const suitsJson =
    columns.length <= maxJsonColumns && !kinds.includes("blob") && columns.some((column) => mayHaveMuchText(column));
  return {
    kinds,
    cells: `${head} ${names.map((name) => hexTextSql(name)).join(", ")} ${tail}`,
    json: suitsJson ? `${head} CAST(json_group_array(${row}) AS BLOB) FROM ${rowsName}` : undefined,
  };
}

/** Whether looking at each of its values would take long; a number's is told by its type. */
function mayHaveMuchText({ table, type }: ResultColumn): boolean {
  return table !== null && (type === null || type === "" || columnKind({ name: "", table, type }) === "text");
}

function isCompound(sql: string): boolean {
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    if (token.kind === "word" && compounds.has(sql.slice(token.start, token.end).toUpperCase())) return true;
  }
  return false;
}
