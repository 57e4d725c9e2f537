import type { InArgs, InValue } from "../api.ts";
import { nextToken } from "../sql/tokenize.ts";
import type { VectorMetric } from "./distance.ts";
import { vectorDistance } from "./distance.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { VectorKind } from "./vector-kind.ts";

/** What a search asks of one statement. */
export interface SearchStatement {
  readonly table: string;
  readonly column: string;
  readonly metric: VectorMetric;
  readonly vector: Uint8Array;
  readonly kind: VectorKind;
  readonly select: readonly string[];
  readonly where: string | undefined;
  readonly args: InArgs | undefined;
  readonly limit: number;
  /** Only rows that the index names among so many nearest. */
  readonly among?: { readonly index: string; readonly count: number };
}

/** The bytes at the end of a vector that tell its kind and, together with its size, its number of elements. */
const tailSizes: Readonly<Record<VectorKind, number>> = { f64: 1, f32: 0, f16: 1, bf16: 1, i8: 2, f1: 2 };

/** The SQL of a search and its arguments: rows of rowid, distance and the selected columns, nearest first. */
export function searchStatement(search: SearchStatement): { readonly sql: string; readonly args: InArgs } {
  const { table, metric, vector, kind, where, among } = search;
  const parameters = new Parameters(search.args);
  const from = quoteIdentifier(table, "table");
  const column = `${from}.${quoteIdentifier(search.column, "column")}`;
  const rowid = `${from}.rowid`;
  const measured = vectorDistance([table, search.column], { metric, parameter: parameters.add("vector", vector) });
  // A vector of zeros has no direction: NULL on libSQL, 1 on Turso.
  const columns = [rowid, metric === "cosine" ? `coalesce(${measured}, 1)` : measured];
  for (const name of search.select) columns.push(`${from}.${quoteIdentifier(name, "column")}`);
  // NULL, text, other kinds and other numbers of elements are passed over; the engines would fail on them.
  const terms = [`typeof(${column}) = 'blob'`, `length(${column}) = ${parameters.add("size", vector.length)}`];
  const tail = tailSizes[kind];
  if (tail > 0) terms.push(`substr(${column}, -${tail}) = ${parameters.add("tail", vector.slice(-tail))}`);
  if (among !== undefined) {
    const index = parameters.add("index", among.index);
    const target = parameters.add("vector", vector);
    terms.push(
      `${rowid} IN (SELECT id FROM vector_top_k(${index}, ${target}, ${parameters.add("count", among.count)}))`,
    );
  }
  if (where !== undefined) {
    parameters.addGiven();
    // The line break ends a comment.
    terms.push(`(${where}\n)`);
  }
  const limit = parameters.add("limit", search.limit);
  const sql = `SELECT ${columns.join(", ")} FROM ${from} WHERE ${terms.join(" AND ")} ORDER BY 2, 1 LIMIT ${limit}`;
  return { sql, args: parameters.args(where) };
}

/** @throws {RangeError} for a condition that would not stay within its parentheses, or numbers its parameters. */
export function checkWhere(where: string): void {
  if (typeof where !== "string") throw new TypeError(`Expected where as SQL text, got ${typeof where}`);
  let depth = 0;
  let isBlank = true;
  let isBroken = false;
  for (let token = nextToken(where, 0); token !== undefined; token = nextToken(where, token.end)) {
    isBlank = false;
    const text = where.slice(token.start, token.end);
    if (text === "(") depth += 1;
    if (text === ")") depth -= 1;
    if (depth < 0 || token.kind === "semicolon") isBroken = true;
    if (token.kind === "parameter" && /^\?\d/u.test(text)) {
      throw new RangeError(`Parameters of where are ? or have names; ${text} would number those of the search too`);
    }
  }
  if (isBlank || isBroken || depth !== 0) {
    throw new RangeError(`Expected where as one condition with matching parentheses, got ${JSON.stringify(where)}`);
  }
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
