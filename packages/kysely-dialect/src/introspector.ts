import { LitefleetError } from "@litefleet/driver";
import type {
  ColumnMetadata,
  DatabaseIntrospector,
  DatabaseMetadataOptions,
  Expression,
  QueryExecutorProvider,
  SchemaMetadata,
  SqlBool,
  TableMetadata,
} from "kysely";
import { sql } from "kysely";
import { DEFAULT_MIGRATION_LOCK_TABLE, DEFAULT_MIGRATION_TABLE } from "kysely/migration";
import { readColumns, readTables, readViewColumns } from "./catalog.ts";
import type { CatalogColumn, CatalogTable } from "./catalog.ts";

/** What {@link LitefleetIntrospector} may be asked; Kysely 0.30 has `where`, too. */
export interface LitefleetMetadataOptions extends Partial<DatabaseMetadataOptions> {
  /** Which tables and views: a condition on their name. Default: all. */
  readonly where?: (refs: Readonly<{ table: Expression<string>; schema?: Expression<string> }>) => Expression<SqlBool>;
}

/** A column and what SQLite tells of it beyond Kysely's metadata. */
export interface ColumnDetails extends ColumnMetadata {
  /** The default as it stands in the schema (`'draft'`, `CURRENT_TIMESTAMP`); `undefined` without one. */
  readonly defaultSql: string | undefined;
  /** How its value is computed; `undefined` for an ordinary column. */
  readonly generated: "virtual" | "stored" | undefined;
  /** Its place in the primary key, from 1; `undefined` outside of it. */
  readonly primaryKeyPosition: number | undefined;
}

/** A table or view and what SQLite tells of it beyond Kysely's metadata. */
export interface TableDetails extends TableMetadata {
  readonly columns: ColumnDetails[];
  readonly kind: "table" | "view" | "virtual";
  /** A `STRICT` table: values must be of their column's type. */
  readonly isStrict: boolean;
  /** A `WITHOUT ROWID` table. */
  readonly isWithoutRowid: boolean;
}

/**
 * Reads the tables of a SQLite database, without those that belong to the engine: `sqlite_%`, the shadow tables of vector and
 * full-text indexes, and what Turso Database and its sync keep.
 *
 * Generated columns are listed (with `hasDefaultValue`, as an insert leaves them out), the hidden ones of virtual tables are
 * not. A view that no longer works has no columns. `isNullable` says what the schema says: `id INTEGER PRIMARY KEY` without
 * `NOT NULL` is nullable, as with Kysely's own dialect.
 *
 * @example
 * const details = await new LitefleetIntrospector(db).getTableDetails();
 * const strict = details.filter((table) => table.isStrict);
 */
export class LitefleetIntrospector implements DatabaseIntrospector {
  readonly #db: QueryExecutorProvider;

  /** @param db a `Kysely` instance or a transaction. Its plugins have no part in this. */
  constructor(db: QueryExecutorProvider) {
    // One that renames columns would rename those of the catalog too.
    this.#db = { getExecutor: () => db.getExecutor().withoutPlugins() };
  }

  /** SQLite has no schemas. */
  async getSchemas(): Promise<SchemaMetadata[]> {
    return [];
  }

  async getTables(options?: LitefleetMetadataOptions): Promise<TableMetadata[]> {
    const details = await this.getTableDetails(options);
    return details.map(({ name, isView, isForeign, columns }) => ({
      name,
      isView,
      isForeign,
      columns: columns.map(toMetadata),
      ...tableComment,
    }));
  }

  /** The same as {@link getTables} with all that SQLite tells. In order of their names. */
  async getTableDetails(options?: LitefleetMetadataOptions): Promise<TableDetails[]> {
    const where = options?.where;
    const [tables, columns, viewColumns] = await Promise.all([
      readTables(this.#db, where && ((table) => where({ table }))),
      readColumns(this.#db),
      this.#viewColumns(),
    ]);
    const columnsOf = Map.groupBy([...columns, ...viewColumns], (column) => column.table);
    return tables
      .filter(({ name }) => options?.withInternalKyselyTables === true || !isMigrationTable(name))
      .map((table) => toDetails(table, columnsOf.get(table.name) ?? []));
  }

  /** One view over a table that is gone fails the query for all of them: then each is asked by itself. */
  async #viewColumns(): Promise<readonly CatalogColumn[]> {
    try {
      return await readViewColumns(this.#db);
    } catch (error) {
      if (!isSqlError(error)) throw error;
    }
    const tables = await readTables(this.#db);
    const views = tables.filter((table) => table.type === "view");
    const columns = await Promise.all(views.map((view) => this.#columnsOfView(view.name)));
    return columns.flat();
  }

  async #columnsOfView(name: string): Promise<readonly CatalogColumn[]> {
    try {
      return await readViewColumns(this.#db, name);
    } catch (error) {
      if (isSqlError(error)) return [];
      throw error;
    }
  }
}

const sqlErrors: ReadonlySet<string> = new Set(["SQLITE_ERROR", "SQLITE_UNKNOWN", "SQL_INPUT_ERROR"]);

/** From 0.30 on, which is known by its raw streams, Kysely's metadata of a table has a comment, of which SQLite has none. */
const tableComment = "stream" in sql`` ? { comment: undefined } : {};

/** The types whose names SQLite keeps in capitals, however they were written, and Turso Database as they were written. */
const standardTypes: ReadonlySet<string> = new Set(["ANY", "BLOB", "INT", "INTEGER", "REAL", "TEXT"]);

/** By the number that `PRAGMA table_xinfo` calls `hidden`. */
const generatedAs = { 0: undefined, 1: undefined, 2: "virtual", 3: "stored" } as const;

function isMigrationTable(name: string): boolean {
  return name === DEFAULT_MIGRATION_TABLE || name === DEFAULT_MIGRATION_LOCK_TABLE;
}

/** Whether the database refused the query itself, such as for a table that is gone; a server has other codes for that. */
function isSqlError(error: unknown): boolean {
  return error instanceof LitefleetError && sqlErrors.has(error.code);
}

function toDetails(table: CatalogTable, columns: readonly CatalogColumn[]): TableDetails {
  const isView = table.type === "view";
  const keyLength = columns.filter((column) => column.pk > 0).length;
  return {
    name: table.name,
    isView,
    isForeign: false,
    kind: table.kind === "virtual" ? "virtual" : table.type,
    isStrict: table.strict === 1,
    isWithoutRowid: table.wr === 1,
    columns: columns.filter((column) => column.hidden !== 1).map((column) => toColumn(column, keyLength)),
  };
}

function toColumn(column: CatalogColumn, keyLength: number): ColumnDetails {
  const generated = generatedAs[column.hidden];
  return {
    name: column.name,
    dataType: nameOfType(column.type),
    isNullable: column.notnull === 0,
    isAutoIncrementing: isRowid(column, keyLength),
    hasDefaultValue: column.dflt_value !== null || generated !== undefined,
    comment: undefined,
    defaultSql: column.dflt_value ?? undefined,
    generated,
    primaryKeyPosition: column.pk > 0 ? column.pk : undefined,
  };
}

/** The type in the form of SQLite, on every engine. */
function nameOfType(type: string): string {
  const upper = type.toUpperCase();
  return standardTypes.has(upper) ? upper : type;
}

/**
 * Whether the column is the rowid under another name, which SQLite numbers, with AUTOINCREMENT or without: the only column
 * of the key, of type INTEGER, and without an index for that key (`INTEGER PRIMARY KEY DESC` and WITHOUT ROWID tables have one).
 *
 * @see https://www.sqlite.org/lang_createtable.html#rowid
 */
function isRowid(column: CatalogColumn, keyLength: number): boolean {
  return column.pk > 0 && keyLength === 1 && column.type.toUpperCase() === "INTEGER" && column.pk_indexes === 0;
}

/** Only the fields that Kysely knows: those who compare metadata should find no others. */
function toMetadata(details: ColumnDetails): ColumnMetadata {
  const { name, dataType, isNullable, isAutoIncrementing, hasDefaultValue, comment } = details;
  return { name, dataType, isNullable, isAutoIncrementing, hasDefaultValue, comment };
}
