import type { InArgs, InValue } from "../api.ts";
import { nextToken } from "../sql/tokenize.ts";
import type { VectorMetric } from "./distance.ts";
import { vectorDistance } from "./distance.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { FoundColumn } from "./read-table.ts";
import type { VectorKind } from "./vector-kind.ts";

/** What a search asks of one statement. */
export interface SearchStatement {
  readonly table: string;
  readonly column: string;
  readonly keys: Pick<FoundColumn, "rowid" | "indexKey">;
  readonly metric: VectorMetric;
  readonly vector: Uint8Array;
  readonly kind: VectorKind;
  readonly select: readonly string[];
  readonly where: string | undefined;
  readonly args: InArgs | undefined;
  readonly limit: number;
  /** Only rows that the index names among so many nearest. */
  readonly among?: { readonly index: string; readonly count: number } | undefined;
}

/** A statement and its arguments. Its rows are those of {@link positions}, nearest first. */
export interface BoundSearch {
  readonly sql: string;
  readonly args: InArgs;
}

/** Where the values stand in a row; the selected columns come behind. */
export const positions = { rowid: 0, distance: 1, selected: 2 } as const;

/** The bytes at the end of a vector that tell its kind and, together with its size, its number of elements. */
const tailSizes: Readonly<Record<VectorKind, number>> = { f64: 1, f32: 0, f16: 1, bf16: 1, i8: 2, f1: 2 };

/**
 * A search that takes every value for a vector of the right kind and size. Engines fail where one is not, except for text that reads
 * like a vector and vectors of zeros, by cosine: those have no distance and come first.
 */
export function quickStatement(search: SearchStatement, rowid: string): BoundSearch {
  const { from, column, parameters } = startOf(search);
  const measured = measure(search, parameters);
  const condition = conditionOf(search, parameters);
  const nearest = `SELECT ${from}.${rowid} AS id, ${measured} AS d FROM ${from}${condition && ` WHERE ${condition}`} ORDER BY 2, 1 LIMIT ${parameters.add("limit", search.limit)}`;
  // The columns are read for the rows that are left, and only their types are looked at.
  const columns = ["near.id", `CASE WHEN typeof(${column}) = 'blob' THEN near.d END`, ...selected(search, from)];
  const sql = `SELECT ${columns.join(", ")} FROM (${nearest}) AS near CROSS JOIN ${from} ON ${from}.${rowid} = near.id ORDER BY 2, 1`;
  return { sql, args: parameters.args(search.where) };
}

/** A search that looks at what each value is, and passes over what is no vector of the right kind and size. */
export function carefulStatement(search: SearchStatement): BoundSearch {
  const { from, column, parameters } = startOf(search);
  const { metric, keys, among, where } = search;
  const measured = measure(search, parameters);
  // A vector of zeros has no direction: NULL on libSQL, 1 on Turso.
  const distance = metric === "cosine" ? `coalesce(${measured}, 1)` : measured;
  const rowid = keys.rowid === undefined ? "NULL" : `${from}.${keys.rowid}`;
  const terms = guards(search, column, parameters);
  if (among !== undefined) {
    const index = parameters.add("index", among.index);
    const target = parameters.add("vector", search.vector);
    const nearest = `SELECT id FROM vector_top_k(${index}, ${target}, ${parameters.add("count", among.count)})`;
    terms.push(`${from}.${keys.indexKey} IN (${nearest})`);
  }
  if (where !== undefined) terms.push(conditionOf(search, parameters));
  const columns = [rowid, distance, ...selected(search, from)].join(", ");
  const limit = parameters.add("limit", search.limit);
  const sql = `SELECT ${columns} FROM ${from} WHERE ${terms.join(" AND ")} ORDER BY 2, 1 LIMIT ${limit}`;
  return { sql, args: parameters.args(where) };
}

function startOf({ table, column, args }: SearchStatement): {
  readonly from: string;
  readonly column: string;
  readonly parameters: Parameters;
} {
  const from = quoteIdentifier(table, "table");
  return { from, column: `${from}.${quoteIdentifier(column, "column")}`, parameters: new Parameters(args) };
}

function measure({ table, column, metric, vector }: SearchStatement, parameters: Parameters): string {
  return vectorDistance([table, column], { metric, parameter: parameters.add("vector", vector) });
}

function selected({ select }: SearchStatement, from: string): string[] {
  return select.map((name) => `${from}.${quoteIdentifier(name, "column")}`);
}

/** The caller's condition; empty if there is none. */
function conditionOf({ where }: SearchStatement, parameters: Parameters): string {
  if (where === undefined) return "";
  parameters.addGiven();
  // The line break ends a comment.
  return `(${where}\n)`;
}

/** NULL, text, other kinds and other numbers of elements. */
function guards({ vector, kind }: SearchStatement, column: string, parameters: Parameters): string[] {
  const terms = [`typeof(${column}) = 'blob'`, `length(${column}) = ${parameters.add("size", vector.length)}`];
  const tail = tailSizes[kind];
  if (tail > 0) terms.push(`substr(${column}, -${tail}) = ${parameters.add("tail", vector.slice(-tail))}`);
  return terms;
}

/** @throws {RangeError} for a condition that would not stay within its parentheses, or numbers its parameters. */
export function checkWhere(where: string): void {
  if (typeof where !== "string") throw new TypeError(`Expected where as SQL text, got ${typeof where}`);
  // An open string or comment would swallow what comes behind.
  const closed = `${where}\n)`;
  let depth = 1;
  let isBlank = true;
  for (let token = nextToken(closed, 0); token !== undefined; token = nextToken(closed, token.end)) {
    const text = closed.slice(token.start, token.end);
    if (text === "(") depth += 1;
    if (text === ")") depth -= 1;
    if (depth === 0 && token.end === closed.length) {
      if (isBlank) break;
      return;
    }
    if (depth <= 0 || token.kind === "semicolon") break;
    isBlank = false;
    if (token.kind === "parameter" && /^\?\d/u.test(text)) {
      throw new RangeError(`Parameters of where are ? or have names; ${text} would number those of the search too`);
    }
  }
  throw new RangeError(
    `Expected where as one condition with matching parentheses and no semicolon, got ${JSON.stringify(where)}`,
  );
}

/** Parameters by position, or by name if the caller gave names. */
export class Parameters {
  readonly #given: InArgs | undefined;
  readonly #named: Record<string, InValue> | undefined;
  readonly #values: InValue[] = [];

  constructor(given: InArgs | undefined) {
    this.#given = given;
    this.#named = given === undefined || Array.isArray(given) ? undefined : { ...given };
  }

  /** The text of a parameter with this value. */
  add(name: string, value: InValue): string {
    if (this.#named === undefined) {
      this.#values.push(value);
      return "?";
    }
    this.#named[`litefleet_${name}`] = value;
    return `:litefleet_${name}`;
  }

  /** The caller's own come here. */
  addGiven(): void {
    if (Array.isArray(this.#given)) this.#values.push(...this.#given);
  }

  args(where: string | undefined): InArgs {
    if (this.#named !== undefined) return this.#named;
    // Left over where there is no condition, they are refused like any argument too many.
    return where === undefined && Array.isArray(this.#given) ? [...this.#values, ...this.#given] : this.#values;
  }
}
