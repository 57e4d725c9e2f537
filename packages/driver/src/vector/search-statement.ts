import type { InArgs, InValue } from "../api.ts";
import type { VectorMetric } from "./distance.ts";
import { vectorDistance } from "./distance.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { FoundColumn } from "./read-table.ts";
import type { VectorKind } from "./vector-kind.ts";

/** What the text of a search depends on. */
export interface SearchShape {
  readonly table: string;
  readonly column: string;
  readonly keys: Pick<FoundColumn, "rowid" | "indexKey">;
  readonly metric: VectorMetric;
  readonly kind: VectorKind;
  readonly select: readonly string[];
  readonly where: string | undefined;
  /** Whether the arguments of `where` have names. */
  readonly isNamed: boolean;
}

/** The values of a search. */
export interface SearchValues {
  readonly vector: Uint8Array;
  readonly args: InArgs | undefined;
  readonly limit: number;
  /** Only rows that the index names among so many nearest. */
  readonly among?: { readonly index: string; readonly count: number } | undefined;
}

/** A search without its values. Its rows are those of {@link positions}, nearest first. */
export interface SearchText {
  readonly sql: string;
  /** What belongs to each of its parameters, in order; `"given"` are all of the caller's. */
  readonly slots: readonly Slot[];
}

type Slot = "vector" | "size" | "tail" | "index" | "count" | "limit" | "given";

/** Where the values stand in a row; the selected columns come behind. */
export const positions = { rowid: 0, distance: 1, selected: 2 } as const;

/** The bytes at the end of a vector that tell its kind and, together with its size, its number of elements. */
const tailSizes: Readonly<Record<VectorKind, number>> = { f64: 1, f32: 0, f16: 1, bf16: 1, i8: 2, f1: 2 };

/**
 * A search that takes every value for a vector of the right kind and size. Engines fail where one is not, except for text that reads
 * like a vector and vectors of zeros, by cosine: those have no distance and come first.
 */
export function quickText(shape: SearchShape, rowid: string): SearchText {
  const { from, column, slots } = startOf(shape);
  const measured = measure(shape, slots);
  const condition = shape.where === undefined ? "" : ` WHERE ${conditionOf(shape.where, slots)}`;
  const nearest = `SELECT ${from}.${rowid} AS id, ${measured} AS d FROM ${from}${condition} ORDER BY 2, 1 LIMIT ${slots.add("limit")}`;
  // The columns are read for the rows that are left, and only their types are looked at.
  const columns = ["near.id", `CASE WHEN typeof(${column}) = 'blob' THEN near.d END`, ...selected(shape, from)];
  const sql = `SELECT ${columns.join(", ")} FROM (${nearest}) AS near CROSS JOIN ${from} ON ${from}.${rowid} = near.id ORDER BY 2, 1`;
  return { sql, slots: slots.inOrder };
}

/** A search that looks at what each value is, and passes over what is no vector of the right kind and size. */
export function carefulText(shape: SearchShape, isAmong: boolean): SearchText {
  const { from, column, slots } = startOf(shape);
  const { metric, keys, kind, where } = shape;
  const measured = measure(shape, slots);
  // A vector of zeros has no direction: NULL on libSQL, 1 on Turso.
  const distance = metric === "cosine" ? `coalesce(${measured}, 1)` : measured;
  const rowid = keys.rowid === undefined ? "NULL" : `${from}.${keys.rowid}`;
  const terms = [`typeof(${column}) = 'blob'`, `length(${column}) = ${slots.add("size")}`];
  if (tailSizes[kind] > 0) terms.push(`substr(${column}, -${tailSizes[kind]}) = ${slots.add("tail")}`);
  if (isAmong) {
    const nearest = `vector_top_k(${slots.add("index")}, ${slots.add("vector")}, ${slots.add("count")})`;
    terms.push(`${from}.${keys.indexKey} IN (SELECT id FROM ${nearest})`);
  }
  if (where !== undefined) terms.push(conditionOf(where, slots));
  const columns = [rowid, distance, ...selected(shape, from)].join(", ");
  const sql = `SELECT ${columns} FROM ${from} WHERE ${terms.join(" AND ")} ORDER BY 2, 1 LIMIT ${slots.add("limit")}`;
  return { sql, slots: slots.inOrder };
}

/** The arguments of a search's text. What the caller gave beyond its condition is refused like any argument too many. */
export function bindSearch({ slots }: SearchText, kind: VectorKind, values: SearchValues): InArgs {
  const { args = [] } = values;
  if (Array.isArray(args)) {
    const bound = slots.flatMap((slot) => (slot === "given" ? args : [valueOf(slot, kind, values)]));
    return slots.includes("given") ? bound : [...bound, ...args];
  }
  const named: Record<string, InValue> = { ...args };
  for (const slot of slots) if (slot !== "given") named[`litefleet_${slot}`] = valueOf(slot, kind, values);
  return named;
}

function valueOf(slot: Exclude<Slot, "given">, kind: VectorKind, { vector, limit, among }: SearchValues): InValue {
  switch (slot) {
    case "vector":
      return vector;
    case "limit":
      return limit;
    case "size":
      return vector.length;
    case "tail":
      return vector.slice(-tailSizes[kind]);
    case "index":
      return among?.index ?? null;
    case "count":
      return among?.count ?? null;
  }
}

/** Parameters by position, or by name if the caller gave names: SQLite does not let them be mixed. */
class Slots {
  readonly inOrder: Slot[] = [];
  readonly #isNamed: boolean;

  constructor(isNamed: boolean) {
    this.#isNamed = isNamed;
  }

  /** The text of a parameter. */
  add(slot: Slot): string {
    this.inOrder.push(slot);
    return this.#isNamed ? `:litefleet_${slot}` : "?";
  }
}

function startOf({ table, column, isNamed }: SearchShape): {
  readonly from: string;
  readonly column: string;
  readonly slots: Slots;
} {
  const from = quoteIdentifier(table, "table");
  return { from, column: `${from}.${quoteIdentifier(column, "column")}`, slots: new Slots(isNamed) };
}

function measure({ table, column, metric }: SearchShape, slots: Slots): string {
  return vectorDistance([table, column], { metric, parameter: slots.add("vector") });
}

function selected({ select }: SearchShape, from: string): string[] {
  return select.map((name) => `${from}.${quoteIdentifier(name, "column")}`);
}

function conditionOf(where: string, slots: Slots): string {
  slots.add("given");
  // The line break ends a comment.
  return `(${where}\n)`;
}
