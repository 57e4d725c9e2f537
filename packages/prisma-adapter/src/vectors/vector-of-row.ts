import type { InValue } from "@litefleet/driver";
import { decodeVector, vector } from "@litefleet/driver/vector";
import type { DecodedVector } from "@litefleet/driver/vector";
import { noRows } from "../watched-query.ts";
import { parseFind } from "./find-statement.ts";
import type { SchemaModel } from "./read-schema.ts";
import { uniqueWhere } from "./unique-where.ts";
import { vectorField } from "./vector-field.ts";
import { findThrough, parentOf, quoted, rowidOf } from "./vector-model.ts";
import type { ModelContext } from "./vector-model.ts";

/** Stores a row's vector, `null` for none; rejects with P2025 if there is no such row. */
export async function storeVector(
  context: ModelContext,
  model: SchemaModel,
  id: unknown,
  values: Iterable<number> | null,
  column: string | undefined,
): Promise<void> {
  const field = vectorField(model, column);
  if (values === null && field.isRequired) {
    throw new TypeError(`${model.name}.${field.name} is required: it cannot be null`);
  }
  const value = values === null ? null : vector(values, field.kind, field.dimensions);
  const where = uniqueWhere(model, id);
  let sql = "";
  let args: readonly InValue[] = [];
  // Only to learn the condition: where rows are read, there may be no writing.
  await findThrough(context, { where }, async (compiled) => {
    const { from, condition } = parseFind(compiled, rowidOf(model));
    if (condition === undefined) throw new TypeError(`Expected what names one row of ${model.name}`);
    sql = `UPDATE ${from} SET ${quoted(field.column)} = ? WHERE ${condition.where}`;
    args = Array.isArray(condition.args) ? condition.args : [];
    return noRows;
  });
  const changed = await parentOf(context).$executeRawUnsafe(sql, value, ...args);
  if (changed > 0) return;
  const { PrismaClientKnownRequestError } = await import("@prisma/client/runtime/client");
  throw new PrismaClientKnownRequestError(`No ${model.name} was found to set the vector of`, {
    code: "P2025",
    clientVersion: "7",
    meta: { modelName: model.name },
  });
}

/** A row's vector; `null` if it has none, or there is no such row. */
export async function loadVector(
  context: ModelContext,
  model: SchemaModel,
  id: unknown,
  column: string | undefined,
): Promise<DecodedVector["values"] | null> {
  const field = vectorField(model, column);
  const where = uniqueWhere(model, id);
  let stored: DecodedVector["values"] | null = null;
  await findThrough(context, { where }, async (compiled, executor) => {
    const { from, condition } = parseFind(compiled, rowidOf(model));
    if (condition === undefined) throw new TypeError(`Expected what names one row of ${model.name}`);
    const sql = `SELECT ${quoted(field.column)} FROM ${from} WHERE ${condition.where}`;
    const [row] = await executor.prepare(sql).values(condition.args);
    const value = row?.[0] ?? null;
    if (value !== null) stored = decodeVector(toBytes(value)).values;
    return noRows;
  });
  return stored;
}

function toBytes(value: unknown): ArrayBuffer | Uint8Array {
  if (value instanceof ArrayBuffer || value instanceof Uint8Array) return value;
  throw new TypeError("What is stored in the field is no vector: write it through setVector(), or with vector()");
}
