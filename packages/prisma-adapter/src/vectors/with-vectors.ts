import type { DecodedVector } from "@litefleet/driver/vector";
import type { Types } from "@prisma/client/runtime/client";
import { extended, toExtendable } from "../extensions/extendable-client.ts";
import type { None, PrismaExtension } from "../extensions/extendable-client.ts";
import { adapterFactoryOf, schemaTextOf } from "../extensions/prisma-internals.ts";
import { findNearest } from "./find-nearest.ts";
import type { NearestSearch } from "./find-nearest.ts";
import { readSchema } from "./read-schema.ts";
import type { SchemaModel } from "./read-schema.ts";
import { vectorField } from "./vector-field.ts";
import { modelOf } from "./vector-model.ts";
import type { ModelContext, ModelRow } from "./vector-model.ts";
import { loadVector, storeVector } from "./vector-of-row.ts";

/** The fields of vectors by model, as the client names it: one or several. */
export type VectorColumns = Readonly<Record<string, string | readonly string[]>>;

/** Which field of vectors a call is about: must be said where there are several. */
type ColumnOption<Columns extends string | readonly string[]> = Columns extends string
  ? { readonly column?: Columns }
  : { readonly column: Columns[number] };

/** What {@link VectorMethods.nearest} takes besides the driver's options: those of `findMany` that say which rows, and what of them. */
type FindOptions<Model> = Pick<
  Types.Public.Args<Model, "findMany">,
  Extract<"where" | "select" | "include" | "omit", keyof Types.Public.Args<Model, "findMany">>
>;

/** What {@link VectorMethods.nearest} takes. */
export type NearestArgs<Model, Columns extends string | readonly string[] = string> = Omit<NearestSearch, "column"> &
  ColumnOption<Columns> &
  FindOptions<Model>;

/** A row that {@link VectorMethods.nearest} found. */
export type NearestRow<Model, Args> =
  Types.Public.Result<Model, Args, "findMany"> extends readonly (infer Row)[] ? Row & { distance: number } : never;

/** What names one row: the value of a field `id`, or what `findUnique` takes as `where`. */
export type VectorId<Model> =
  | Types.Public.Args<Model, "findUnique">["where"]
  | (Types.Public.Payload<Model>["scalars"] extends { id: infer Id } ? Id : never);

/** What {@link withVectors} gives a model. */
export interface VectorMethods<Columns extends string | readonly string[] = string> {
  /**
   * The `k` rows whose vectors are nearest, nearest first, with their `distance`: the driver's `vectorSearch`, which uses a vector
   * index where that is faster. `where` is kept exactly, relations included: never fewer than `k` rows if `k` match. Rows
   * without a vector are passed over. The rows are read by a second statement: for both of one moment, call it in a transaction.
   *
   * Rejects with a `RangeError` for a vector of the wrong size, or an index that does not exist, and otherwise as `findMany` does.
   */
  nearest<Model, Args>(
    this: Model,
    args: Types.Public.Exact<Args, NearestArgs<Model, Columns>>,
  ): Promise<NearestRow<Model, Args>[]>;
  /**
   * Stores a row's vector, `null` for none. Rejects with a `RangeError` for a wrong number of elements or one that is not finite, and with
   * P2025 if there is no such row.
   */
  setVector<Model>(
    this: Model,
    id: VectorId<Model>,
    vector: Iterable<number> | null,
    ...options: OptionsOf<Columns>
  ): Promise<void>;
  /**
   * A row's vector, as the numbers that its kind holds: a `Float32Array`, of `F64_BLOB` a `Float64Array`, of `F1BIT_BLOB` an `Int8Array`
   * of 1 and -1; `null` if it has none, or there is no such row.
   */
  getVector<Model>(
    this: Model,
    id: VectorId<Model>,
    ...options: OptionsOf<Columns>
  ): Promise<DecodedVector["values"] | null>;
}

type OptionsOf<Columns extends string | readonly string[]> = Columns extends string
  ? [options?: ColumnOption<Columns>]
  : [options: ColumnOption<Columns>];

/** What {@link withVectors} makes of a client. */
export type VectorsExtension<Columns extends VectorColumns> = PrismaExtension<
  None,
  { [Model in keyof Columns]: VectorMethods<Columns[Model]> }
>;

/**
 * A client extension for models with fields of vectors, such as `embedding Unsupported("F32_BLOB(384)")?`, which Prisma itself can
 * neither read nor write: `prisma.article.nearest(…)`, `.setVector(…)` and `.getVector(…)`, also in transactions. All kinds of vectors of
 * the driver: `F32_BLOB`, `F64_BLOB`, `F8_BLOB`, `F1BIT_BLOB`, and on libSQL `F16_BLOB` and `FB16_BLOB`.
 *
 * @param columns the fields by model: then only these models have the methods, with the fields' names in their types. Without it every
 *   model has them, and one that has no such field rejects with a `RangeError`.
 * @throws {TypeError} from `$extends` if the client's adapter is not `PrismaLitefleet`.
 * @throws {RangeError} from `$extends` for a model or a field that the schema does not have.
 * @example
 * const prisma = new PrismaClient({ adapter }).$extends(withVectors({ article: "embedding" }));
 * await prisma.article.setVector(article.id, embedding);
 * const near = await prisma.article.nearest({ vector: embedding, k: 5, where: { language: "en" }, include: { author: true } });
 * for (const { title, author, distance } of near) console.log(title, author.name, distance);
 */
export function withVectors(): VectorsExtension<{ readonly $allModels: string }>;
export function withVectors<const Columns extends VectorColumns>(columns: Columns): VectorsExtension<Columns>;
export function withVectors(columns?: VectorColumns): VectorsExtension<VectorColumns> {
  return (client) => {
    const base = toExtendable(client);
    adapterFactoryOf(base);
    const schema = readSchema(schemaTextOf(base));
    if (columns !== undefined) checkColumns(schema, columns);
    const model = Object.fromEntries(
      Object.entries(columns ?? { $allModels: "" }).map(([name, own]) => [name, methods(schema, own)]),
    );
    return extended<VectorsExtension<VectorColumns>>(base.$extends({ name: "litefleet-vectors", model }));
  };
}

interface WithColumn {
  readonly column?: string;
}

/** @param own the fields of the model, if they were given: a single one need not be named in a call. */
function methods(schema: ReadonlyMap<string, SchemaModel>, own: string | readonly string[]): object {
  const only = typeof own === "string" && own !== "" ? own : undefined;
  return {
    async nearest(this: ModelContext, options: NearestSearch): Promise<ModelRow[]> {
      const args = { ...options, column: options.column ?? only };
      return findNearest(this, modelOf(schema, this), args);
    },
    async setVector(
      this: ModelContext,
      id: unknown,
      values: Iterable<number> | null,
      options: WithColumn = {},
    ): Promise<void> {
      await storeVector(this, modelOf(schema, this), id, values, options.column ?? only);
    },
    async getVector(
      this: ModelContext,
      id: unknown,
      options: WithColumn = {},
    ): Promise<DecodedVector["values"] | null> {
      return loadVector(this, modelOf(schema, this), id, options.column ?? only);
    },
  };
}

/** @throws {RangeError} for a model or a field of vectors that the schema does not have. */
function checkColumns(schema: ReadonlyMap<string, SchemaModel>, columns: VectorColumns): void {
  const models = new Map([...schema.values()].map((model) => [clientName(model.name), model]));
  for (const [name, fields] of Object.entries(columns)) {
    const model = models.get(name);
    if (model === undefined) {
      throw new RangeError(`There is no model ${JSON.stringify(name)}; there are ${[...models.keys()].join(", ")}`);
    }
    for (const field of typeof fields === "string" ? [fields] : fields) vectorField(model, field);
  }
}

/** A model's name in the client. */
function clientName(model: string): string {
  return model.charAt(0).toLowerCase() + model.slice(1);
}
