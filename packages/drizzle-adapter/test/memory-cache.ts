import { getTableName, is, Table } from "drizzle-orm";
import { Cache, type MutationOption } from "drizzle-orm/cache/core";

/** A cache that keeps answers as JSON, as one over a network does, and remembers how it was used. */
export class MemoryCache extends Cache {
  readonly #answers = new Map<string, { readonly json: string; readonly tables: string[] }>();
  readonly forgotten: string[][] = [];
  hits = 0;

  override strategy(): "all" {
    return "all";
  }

  override async get(key: string): Promise<unknown[] | undefined> {
    const answer = this.#answers.get(key);
    if (answer === undefined) return undefined;
    this.hits += 1;
    const parsed: unknown[] = JSON.parse(answer.json);
    return parsed;
  }

  override async put(key: string, answer: unknown, tables: string[]): Promise<void> {
    this.#answers.set(key, { json: JSON.stringify(answer), tables });
  }

  override async onMutate({ tables = [] }: MutationOption): Promise<void> {
    const list: (Table | string)[] = Array.isArray(tables) ? tables : [tables];
    const names = list.map((table) => (is(table, Table) ? getTableName(table) : table));
    this.forgotten.push(names);
    for (const [key, answer] of this.#answers) {
      if (answer.tables.some((table) => names.includes(table))) this.#answers.delete(key);
    }
  }
}
