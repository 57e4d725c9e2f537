import type { SchemaModel } from "./read-schema.ts";

/**
 * What names one row, as a `where` for `findMany`: the value of the model's id, or what `findUnique` takes.
 *
 * @throws {TypeError} for what might name several rows.
 */
export function uniqueWhere(model: SchemaModel, id: unknown): Record<string, unknown> {
  if (!isPlainObject(id)) {
    if (model.id === undefined) throw new TypeError(`${model.name} has no id of one field; give ${wanted(model)}`);
    if (id === undefined || id === null) throw new TypeError(`Expected the ${model.id} of ${model.name}, got ${id}`);
    return { [model.id]: id };
  }
  const given = [...model.uniques].find(([name, members]) => tellsOne(id[name], members));
  if (given === undefined) throw new TypeError(`Expected an id of ${model.name} or ${wanted(model)}`);
  const [name, members] = given;
  if (members.length === 1) return id;
  // `findMany` knows no names for groups of fields.
  const { [name]: group, ...rest } = id;
  return { AND: [group, rest] };
}

function tellsOne(value: unknown, members: readonly string[]): boolean {
  if (members.length === 1) return value !== undefined && value !== null && !isPlainObject(value);
  return isPlainObject(value) && members.every((member) => tellsOne(value[member], [member]));
}

function wanted(model: SchemaModel): string {
  const forms = [...model.uniques].map(([name, members]) =>
    members.length === 1 ? `{ ${name} }` : `{ ${name}: { ${members.join(", ")} } }`,
  );
  return `an object such as ${forms.join(" or ")}`;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
