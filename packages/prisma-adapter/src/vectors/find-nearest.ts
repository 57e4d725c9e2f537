import type { Client, RawResult, Transaction } from "@litefleet/driver";
import { vectorSearch } from "@litefleet/driver/vector";
import type { VectorSearchOptions } from "@litefleet/driver/vector";
import { noRows } from "../watched-query.ts";
import type { CompiledQuery } from "../watched-query.ts";
import { parseFind } from "./find-statement.ts";
import type { FindStatement } from "./find-statement.ts";
import type { SchemaModel } from "./read-schema.ts";
import { vectorField } from "./vector-field.ts";
import { findThrough, rowidOf } from "./vector-model.ts";
import type { ModelContext, ModelRow } from "./vector-model.ts";

/** Options of `nearest()` that are the driver's. */
export interface NearestSearch extends Pick<
  VectorSearchOptions,
  "vector" | "k" | "metric" | "index" | "minScore" | "efSearch" | "signal" | "timeoutMs"
> {
  /** The field that holds the vectors. Default: the only one of the model. */
  readonly column?: string;
}

/** Options of `nearest()` that are those of `findMany`. */
interface Find {
  readonly where?: object | undefined;
  readonly select?: object | undefined;
  readonly include?: object | undefined;
  readonly omit?: object | undefined;
}

/** The nearest rows of a model, nearest first, each with its distance. */
export async function findNearest(
  context: ModelContext,
  model: SchemaModel,
  options: NearestSearch & Find,
): Promise<ModelRow[]> {
  const { where, select, include, omit, column, ...search } = options;
  const field = vectorField(model, column);
  if (model.fields.has("distance") && (select === undefined || Reflect.get(select, "distance") === true)) {
    throw new RangeError("nearest() adds a field `distance`, and the model has one: leave it out by `select`");
  }
  const rowid = rowidOf(model);
  let distances: number[] = [];
  const rows = await findThrough(context, defined({ where, select, include, omit }), async (compiled, executor) => {
    const found = await answer(compiled, executor);
    distances = found.distances;
    return found.result;
  });
  if (rows.length !== distances.length) {
    throw new TypeError(
      "Another extension has taken rows out of what findMany gives: let it change the arguments instead",
    );
  }
  return rows.map((row, i) => ({ ...row, distance: distances[i]! }));

  async function answer(compiled: CompiledQuery, executor: Client | Transaction): Promise<Found> {
    const statement = parseFind(compiled, rowid);
    const matches = await vectorSearch(executor, {
      ...defined(search),
      table: statement.table,
      column: field.column,
      select: [],
      intMode: "auto",
      ...statement.condition,
    });
    const order = new Map<string, number>();
    for (const match of matches) {
      if (match.rowid === null)
        throw new RangeError(`nearest() needs a table with rowids, which ${model.name} has not`);
      order.set(String(match.rowid), match.distance);
    }
    return readRows(executor, statement, order);
  }
}

interface Found {
  readonly result: RawResult;
  readonly distances: number[];
}

/** The rows of a statement that have these rowids, in the order of those; ones that are gone meanwhile are left out. */
async function readRows(
  executor: Client | Transaction,
  { columns, from, rowid }: FindStatement,
  distanceOf: ReadonlyMap<string, number>,
): Promise<Found> {
  if (distanceOf.size === 0) return { result: noRows, distances: [] };
  const places = Array.from(distanceOf, () => "?").join(", ");
  const sql = `SELECT ${rowid}, ${columns} FROM ${from} WHERE ${rowid} IN (${places})`;
  const result = await executor.prepare(sql).raw(Array.from(distanceOf.keys(), BigInt), { intMode: "auto" });
  const byRowid = new Map(result.rows.map((row) => [String(row[0]), row.slice(1)]));
  const rows: RawResult["rows"] = [];
  const distances: number[] = [];
  for (const [id, distance] of distanceOf) {
    const row = byRowid.get(id);
    if (row === undefined) continue;
    rows.push(row);
    distances.push(distance);
  }
  return {
    result: { ...result, columns: result.columns.slice(1), columnTypes: result.columnTypes.slice(1), rows },
    distances,
  };
}

/** Without what is `undefined`, which neither Prisma nor the driver takes for an absent option everywhere. */
function defined<T extends object>(values: T): T {
  // What is taken away was optional.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
