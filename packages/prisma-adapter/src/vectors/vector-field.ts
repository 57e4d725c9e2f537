import { readVectorColumnType } from "@litefleet/driver/vector";
import type { VectorKind } from "@litefleet/driver/vector";
import type { SchemaField, SchemaModel } from "./read-schema.ts";

/** A field of the schema that holds vectors. */
export interface VectorField extends SchemaField {
  readonly kind: VectorKind;
  readonly dimensions: number;
}

/** The fields of a model that hold vectors. */
export function vectorFieldsOf(model: SchemaModel): VectorField[] {
  const found: VectorField[] = [];
  for (const field of model.fields.values()) {
    const type = readVectorColumnType(field.unsupportedType ?? "");
    if (type !== undefined) found.push({ ...field, ...type });
  }
  return found;
}

/**
 * The field of a model that a call is about: the one that is named, or the only one.
 *
 * @throws {RangeError} if there is no such field, or several and none is named.
 */
export function vectorField(model: SchemaModel, name: string | undefined): VectorField {
  const fields = vectorFieldsOf(model);
  const field = name === undefined ? fields[0] : fields.find((each) => each.name === name);
  if (field !== undefined && (name !== undefined || fields.length === 1)) return field;
  const there = fields.map((each) => each.name).join(", ");
  if (name === undefined && fields.length > 1) {
    throw new RangeError(`${model.name} has several vector fields, name one as \`column\`: ${there}`);
  }
  const what = name === undefined ? "no field of vectors" : `no vector field ${JSON.stringify(name)}`;
  throw new RangeError(
    `${model.name} has ${what}${there === "" ? ', declared as Unsupported("F32_BLOB(…)") or the like' : `; it has ${there}`}`,
  );
}
