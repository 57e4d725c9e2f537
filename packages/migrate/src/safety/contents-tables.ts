import type { SchemaObject } from "./row-guard.ts";
import { fold } from "./table-trace.ts";

/** What the tables of fts5, fts3 and fts4, rtree and geopoly, and sqlite-vec are called behind the virtual table's name. */
const endings =
  /^(?:data|idx|content|docsize|config|segments|segdir|stat|node|parent|rowid|chunks|rowids|info|auxiliary|vector_chunks\d+|metadata\w*)$/u;

/**
 * The tables, in small letters, that hold the contents of others: those of a virtual table `v` in `v_data` and so on, those
 * of a vector index `i` in `i_shadow`.
 */
export function contentsTables(objects: readonly SchemaObject[]): ReadonlySet<string> {
  const virtual: string[] = [];
  const indexes = new Set<string>();
  for (const { type, name, sql } of objects) {
    if (type === "index") indexes.add(fold(name));
    else if (/^\s*CREATE\s+VIRTUAL/iu.test(sql)) virtual.push(`${fold(name)}_`);
  }
  const isContents = (name: string): boolean => {
    if (name.endsWith("_shadow") && indexes.has(name.slice(0, -"_shadow".length))) return true;
    return virtual.some((owner) => name.startsWith(owner) && endings.test(name.slice(owner.length)));
  };
  return new Set(objects.map(({ name }) => fold(name)).filter(isContents));
}
