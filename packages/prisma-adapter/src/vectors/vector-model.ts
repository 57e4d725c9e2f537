import type { Client, RawResult, Transaction } from "@litefleet/driver";
import type { RawRunner } from "../queryable-question.ts";
import { WatchedQuery } from "../watched-query.ts";
import type { CompiledQuery } from "../watched-query.ts";
import type { SchemaModel } from "./read-schema.ts";

/** A model's row as Prisma gives it. */
export type ModelRow = Readonly<Record<string, unknown>>;

/** What `this` is in a method that an extension gives a model. */
export interface ModelContext {
  readonly $name?: string;
  readonly $parent?: unknown;
  findMany(args: object): Promise<readonly ModelRow[]>;
}

/** Answers a `findMany` in the place of the database. */
type AnswerFind = (query: CompiledQuery, executor: Client | Transaction) => Promise<RawResult>;

/**
 * Has Prisma turn `args` of `findMany` into a statement, which is given to `answer` in the place of being run, and gives the
 * rows that Prisma makes of the answer. What `answer` is told is wrong with the caller's input reaches the caller as it is.
 *
 * @throws {TypeError} if the query has not arrived at our adapter.
 */
export async function findThrough(model: ModelContext, args: object, answer: AnswerFind): Promise<readonly ModelRow[]> {
  let misuse: unknown;
  let isAnswered = false;
  using query = new WatchedQuery(async (compiled, arrival) => {
    isAnswered = true;
    try {
      return await answer(compiled, await arrival.executor());
    } catch (error) {
      if (error instanceof RangeError || error instanceof TypeError) misuse = error;
      throw error;
    }
  });
  let rows: readonly ModelRow[];
  try {
    rows = await model.findMany({ ...args, take: query.take });
  } catch (error) {
    throw misuse ?? error;
  }
  if (!isAnswered) {
    throw new TypeError("The extension needs a Prisma client over PrismaLitefleet, whose findMany is Prisma's own");
  }
  return rows;
}

/**
 * The model that a method was called on.
 *
 * @throws {TypeError} if it was called on something else.
 */
export function modelOf(schema: ReadonlyMap<string, SchemaModel>, context: ModelContext): SchemaModel {
  const model = schema.get(context.$name ?? "");
  if (model === undefined) throw new TypeError("Expected a call on a model, such as prisma.article.nearest(…)");
  return model;
}

/** The client that a model belongs to, or that of the transaction. */
export function parentOf(context: ModelContext): RawRunner {
  const parent = context.$parent;
  if (isRawRunner(parent)) return parent;
  throw new TypeError("Expected a call on a model of a Prisma client");
}

function isRawRunner(value: unknown): value is RawRunner {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "$executeRawUnsafe") === "function";
}

/** What SQL calls the rowid of a model's table: a column may have taken one of its names. */
export function rowidOf(model: SchemaModel): string {
  const columns = new Set([...model.fields.values()].map(({ column }) => column.toLowerCase()));
  return ["rowid", "_rowid_", "oid"].find((name) => !columns.has(name)) ?? "rowid";
}

/** A name as SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
