import type { Row, Value } from "@libsql/core/api";
import { StatementCache } from "./statement-cache.ts";

/** Makes the row object of an array of values. */
export type RowFactory = (values: readonly Value[]) => Row;

/** By the array itself, which engines keep with a compiled statement: the quick way. */
const factories = new WeakMap<readonly string[], RowFactory>();

/** By what is in it, for statements that are compiled anew and for results that come over the network. */
const factoriesByNames = new StatementCache<RowFactory>(1_000);

/**
 * The row factory for a list of column names. Rows of one shape share a prototype that holds `length` and the index
 * getters; the named fields are plain own properties, so a row costs little more than an object literal.
 */
export function rowFactory(columns: readonly string[]): RowFactory {
  const known = factories.get(columns);
  if (known !== undefined) return known;
  // SQLite's names hold no NUL.
  const names = `${columns.length}\0${columns.join("\0")}`;
  let factory = factoriesByNames.get(names);
  if (factory === undefined) {
    const isPlain = columns.every(isPlainName) && new Set(columns).size === columns.length;
    factory = isPlain ? fastFactory(columns) : slowFactory(columns);
    factoriesByNames.set(names, factory);
  }
  factories.set(columns, factory);
  return factory;
}

/** A name that is neither an index nor something that objects treat specially. */
function isPlainName(name: string): boolean {
  return name !== "length" && name !== "__proto__" && !/^\d+$/u.test(name);
}

function fastFactory(columns: readonly string[]): RowFactory {
  const names = [...columns];
  function LibsqlRow(this: Record<string, Value>, values: readonly Value[]): void {
    for (let i = 0; i < names.length; i += 1) this[names[i]!] = values[i]!;
  }
  const properties: PropertyDescriptorMap = {
    // To those who compare, a row is a plain object, as the peer's rows are.
    constructor: { value: Object },
    length: { value: names.length },
  };
  names.forEach((name, i) => {
    properties[i] = {
      get(this: Record<string, Value>) {
        return this[name];
      },
    };
  });
  LibsqlRow.prototype = Object.create(null, properties) as object;
  Object.setPrototypeOf(LibsqlRow.prototype, Object.prototype);
  const create = LibsqlRow as unknown as new (values: readonly Value[]) => Row;
  return (values) => new create(values);
}

/** Column names that repeat or clash: the first of a name gives the field, and all are there by index. */
function slowFactory(columns: readonly string[]): RowFactory {
  const names = [...columns];
  return (values) => {
    const row: Record<string, Value> = {};
    Object.defineProperty(row, "length", { value: names.length });
    names.forEach((name, i) => {
      const value = values[i]!;
      Object.defineProperty(row, i, { value });
      if (Object.hasOwn(row, name)) return;
      Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
    });
    return row as unknown as Row;
  };
}
