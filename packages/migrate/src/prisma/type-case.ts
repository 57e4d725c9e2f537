import type { SchemaFile } from "./schema-files.ts";

/**
 * Keeps the spelling of types that Prisma does not know. The schema engine reads every column's type in small letters and compares
 * it with `Unsupported("F32_BLOB(3)")` to the letter, so that it would rebuild such a table in each migration and lose the
 * spelling in each introspection. To SQLite and libSQL the case of a type is all the same.
 */
export class TypeCase {
  /** As people write them, by their small letters. */
  readonly #spellings = new Map<string, string>();

  /** Files as the engine is to see them; lengths and lines stay. */
  lower(files: readonly SchemaFile[]): SchemaFile[] {
    return files.map(({ path, content }) => ({
      path,
      content: content.replaceAll(/(\bUnsupported\(\s*")([^"\n]*)("\s*\))/gu, (_, before, type, after) => {
        const small = String(type).toLowerCase();
        this.#spellings.set(small, String(type));
        return `${String(before)}${small}${String(after)}`;
      }),
    }));
  }

  /** A schema that the engine wrote, with the spellings of before; those of vectors in capitals. */
  restoreSchema(content: string): string {
    return content.replaceAll(/(\bUnsupported\(\s*")([^"\n]*)("\s*\))/gu, (_, before, type, after) => {
      return `${String(before)}${this.#spell(String(type))}${String(after)}`;
    });
  }

  /** SQL that the engine wrote: a column's type stands behind its name. */
  restoreSql(sql: string): string {
    return sql.replaceAll(
      /^(\s*(?:ALTER TABLE "[^\n]*" ADD COLUMN\s+)?"(?:[^"\n]|"")*" )([a-z]\w*(?: ?\([^()\n]*\))?)/gmu,
      (_, before, type) => {
        return `${String(before)}${this.#spell(String(type))}`;
      },
    );
  }

  /** What the engine says of types. */
  restoreWarnings(text: string): string {
    return text.replaceAll(/(original data type: ")([^"\n]*)(")/gu, (_, before, type, after) => {
      return `${String(before)}${this.#spell(String(type))}${String(after)}`;
    });
  }

  #spell(type: string): string {
    const known = this.#spellings.get(type);
    if (known !== undefined) return known;
    return vectorType.test(type) ? type.toUpperCase() : type;
  }
}

/** @see https://docs.turso.tech/features/ai-and-embeddings */
const vectorType = /^(?:f(?:64|32|16|b16|8|1bit)_blob|float(?:64|32|16|b16|8|1bit))\(\d+\)$/iu;
