import { Column, is, Name, Param, Placeholder, SQL, StringChunk, Table } from "drizzle-orm";
import type { BuildQueryConfig, Query, SQLChunk } from "drizzle-orm";
import { inlinesParams } from "./drizzle-internals.ts";
import { checkInteger } from "./integers.ts";

/** Parts of a query whose text is written here; for the others drizzle is asked. */
type Kind = "text" | "name" | "sql" | "table" | "column" | "param" | "placeholder" | "list" | "other";

/** By prototype: a table's own properties are its columns, one of which may be called `constructor`. */
const kinds = new Map<unknown, Kind>();

/** How tables and columns are written: the same in every query of a dialect. */
export class WrittenNames {
  readonly tables = new WeakMap<Table, string>();
  readonly columns = new WeakMap<Column, string>();
}

/**
 * The text and the parameters of a query, as `SQL.toQuery` of drizzle gives them, in one pass over its parts: drizzle makes an
 * object of each, and looks for its kind along the prototypes, which costs more than it takes SQLite to run a simple query.
 */
export class QueryText implements Query {
  sql = "";
  readonly params: unknown[] = [];
  readonly #config: BuildQueryConfig;
  readonly #names: WrittenNames;

  constructor(config: BuildQueryConfig, names: WrittenNames) {
    this.#config = config;
    this.#names = names;
  }

  append(chunks: readonly SQLChunk[]): this {
    for (const chunk of chunks) this.#append(chunk);
    return this;
  }

  #append(chunk: unknown): void {
    if (chunk === undefined) return;
    if (typeof chunk !== "object" || chunk === null) {
      if (typeof chunk === "function") this.#ask(chunk);
      else this.#bind(chunk);
      return;
    }
    switch (kindOf(chunk)) {
      case "text":
        for (const text of (chunk as StringChunk).value) this.sql += text;
        return;
      case "name":
        this.sql += this.#config.escapeName((chunk as Name).value);
        return;
      case "sql":
        if (inlinesParams(chunk)) this.#ask(chunk);
        else this.append((chunk as SQL).queryChunks);
        return;
      case "table":
        this.#appendTable(chunk as Table);
        return;
      case "column":
        this.#appendColumn(chunk as Column);
        return;
      case "param":
        this.#appendParam(chunk as Param);
        return;
      case "placeholder":
        this.#bind(chunk);
        return;
      case "list":
        this.#appendList(chunk as SQLChunk[]);
        return;
      default:
        this.#ask(chunk);
    }
  }

  #appendTable(table: Table): void {
    let written = this.#names.tables.get(table);
    if (written === undefined) {
      written = this.#asked(table);
      this.#names.tables.set(table, written);
    }
    this.sql += written;
  }

  #appendColumn(column: Column): void {
    let written = this.#names.columns.get(column);
    if (written === undefined) {
      written = this.#asked(column);
      this.#names.columns.set(column, written);
    }
    this.sql += written;
  }

  /** A name as drizzle writes it. */
  #asked(named: Table | Column): string {
    return new SQL([named]).toQuery(this.#config).sql;
  }

  #appendParam(param: Param): void {
    const { value, encoder } = param;
    if (isA("placeholder", value)) {
      this.#bind(param);
      return;
    }
    const encoded = value === null ? null : encoder.mapToDriverValue(value);
    checkInteger(encoder, encoded);
    if (isA("sql", encoded)) this.#append(encoded);
    else this.#bind(encoded);
  }

  #appendList(list: readonly SQLChunk[]): void {
    this.sql += "(";
    for (let i = 0; i < list.length; i += 1) {
      if (i > 0) this.sql += ", ";
      this.#append(list[i]);
    }
    this.sql += ")";
  }

  #bind(value: unknown): void {
    this.sql += this.#config.escapeParam(this.params.length, value);
    this.params.push(value);
  }

  /** What is rare, or is drizzle's own business. */
  #ask(chunk: unknown): void {
    const { sql, params } = new SQL([chunk as SQLChunk]).toQuery(this.#config);
    this.sql += sql;
    this.params.push(...params);
  }
}

function isA(kind: Kind, value: unknown): boolean {
  return typeof value === "object" && value !== null && kindOf(value) === kind;
}

function kindOf(chunk: object): Kind {
  const prototype: unknown = Object.getPrototypeOf(chunk);
  let kind = kinds.get(prototype);
  if (kind === undefined) {
    kind = findKind(chunk);
    kinds.set(prototype, kind);
  }
  return kind;
}

function findKind(chunk: object): Kind {
  if (Array.isArray(chunk)) return "list";
  if (is(chunk, StringChunk)) return "text";
  if (is(chunk, Name)) return "name";
  if (is(chunk, SQL)) return "sql";
  if (is(chunk, Table)) return "table";
  if (is(chunk, Column)) return "column";
  if (is(chunk, Param)) return "param";
  if (is(chunk, Placeholder)) return "placeholder";
  return "other";
}
