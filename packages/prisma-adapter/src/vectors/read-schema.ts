/** A model of a Prisma schema, as far as it matters here. */
export interface SchemaModel {
  readonly name: string;
  /** By their names in Prisma. */
  readonly fields: ReadonlyMap<string, SchemaField>;
  /** Fields and groups of fields that tell one row, by the names that `where` of `findUnique` has for them. */
  readonly uniques: ReadonlyMap<string, readonly string[]>;
  /** The field that is the id, unless that has several. */
  readonly id: string | undefined;
}

/** A field of a model. */
export interface SchemaField {
  readonly name: string;
  /** The column's name in the database. */
  readonly column: string;
  readonly isRequired: boolean;
  /** What stands in `Unsupported("…")`. */
  readonly unsupportedType: string | undefined;
}

const word = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|[A-Za-z]\w*|@@?|\n|\S/gu;

/**
 * Reads the models of a Prisma schema that Prisma itself has accepted.
 *
 * @see https://www.prisma.io/docs/orm/prisma-schema
 */
export function readSchema(text: string): ReadonlyMap<string, SchemaModel> {
  const words = (text.match(word) ?? []).filter((each) => !each.startsWith("//"));
  const models = new Map<string, SchemaModel>();
  for (let at = 0; at < words.length; at += 1) {
    const [kind, name = "", brace] = words.slice(at, at + 3);
    if ((kind !== "model" && kind !== "view") || brace !== "{") continue;
    const end = words.indexOf("}", at);
    models.set(name, toModel(name, linesOf(words.slice(at + 3, end))));
    at = end;
  }
  return models;
}

/** A line break ends a line, save within parentheses and brackets. */
function linesOf(words: readonly string[]): string[][] {
  const lines: string[][] = [[]];
  let depth = 0;
  for (const each of words) {
    if (each === "(" || each === "[") depth += 1;
    if (each === ")" || each === "]") depth -= 1;
    if (each !== "\n") lines.at(-1)!.push(each);
    else if (depth === 0) lines.push([]);
  }
  return lines.filter((line) => line.length > 0);
}

function toModel(name: string, lines: readonly string[][]): SchemaModel {
  const fields = new Map<string, SchemaField>();
  const uniques = new Map<string, readonly string[]>();
  let id: string | undefined;
  for (const line of lines) {
    if (line[0] === "@@") {
      if (line[1] !== "id" && line[1] !== "unique") continue;
      const members = listOf(line);
      uniques.set(argumentOf(line, "name") ?? members.join("_"), members);
      continue;
    }
    const field = toField(line);
    fields.set(field.name, field);
    const isId = attribute(line, "id") !== undefined;
    if (isId) id = field.name;
    if (isId || attribute(line, "unique") !== undefined) uniques.set(field.name, [field.name]);
  }
  return { name, fields, uniques, id };
}

function toField(line: readonly string[]): SchemaField {
  const [name = "", type] = line;
  const isUnsupported = type === "Unsupported";
  const map = attribute(line, "map");
  return {
    name,
    column: (map && (argumentOf(map, "name") ?? textIn(map))) ?? name,
    // Behind the type, or behind its parentheses.
    isRequired: line[isUnsupported ? 5 : 2] !== "?",
    unsupportedType: isUnsupported ? textIn(line) : undefined,
  };
}

/** The words of an attribute from behind its name to the next attribute; `undefined` without it. */
function attribute(line: readonly string[], name: string): readonly string[] | undefined {
  const at = line.findIndex((each, i) => each === "@" && line[i + 1] === name);
  if (at < 0) return undefined;
  const rest = line.slice(at + 2);
  const next = rest.indexOf("@");
  return next < 0 ? rest : rest.slice(0, next);
}

/** The text of a named argument. */
function argumentOf(words: readonly string[], name: string): string | undefined {
  const at = words.findIndex((each, i) => each === name && words[i + 1] === ":");
  return at < 0 ? undefined : textIn(words.slice(at));
}

/** The first text. */
function textIn(words: readonly string[]): string | undefined {
  const text = words.find((each) => each.startsWith('"'));
  return text?.slice(1, -1).replaceAll(/\\(.)/gu, "$1");
}

/** The names between the first brackets; what is in parentheses behind one, such as its order, is left out. */
function listOf(words: readonly string[]): string[] {
  const list = words.slice(words.indexOf("[") + 1, words.indexOf("]"));
  let depth = 0;
  return list.filter((each) => {
    if (each === "(") depth += 1;
    if (each === ")") depth -= 1;
    return depth === 0 && /^[A-Za-z]/u.test(each);
  });
}
