import type { ResultSet } from "@litefleet/driver";
import {
  entityKind,
  type Query,
  type RelationalSchemaConfig,
  type TablesRelationalConfig,
  type Column,
  type SQL,
} from "drizzle-orm";
import type { WithCacheConfig } from "drizzle-orm/cache/core/types";
import {
  type PreparedQueryConfig,
  type SelectedFieldsOrdered,
  type SQLiteExecuteMethod,
  SQLiteSession,
} from "drizzle-orm/sqlite-core";
import type { DatabaseInternals } from "./database-internals.ts";
import type { LitefleetDialect } from "./dialect.ts";
import { asResultSet } from "./drizzle-internals.ts";
import { LitefleetPreparedQuery, type QueryContext, type QueryMetadata, type RowsMapper } from "./prepared-query.ts";
import { rawRows, resultSetValues } from "./raw-rows.ts";

/** What builds queries: the same for a database and for all transactions on it. */
export interface QueryBuilding<TSchema extends TablesRelationalConfig> {
  readonly dialect: LitefleetDialect;
  readonly schema: RelationalSchemaConfig<TSchema> | undefined;
}

/** What drizzle's builders run their queries on, over a client or over a transaction. */
export abstract class LitefleetSession<
  TFullSchema extends Record<string, unknown>,
  TSchema extends TablesRelationalConfig,
> extends SQLiteSession<"async", ResultSet, TFullSchema, TSchema> {
  static override readonly [entityKind]: string = "LitefleetSession";

  protected readonly building: QueryBuilding<TSchema>;
  protected readonly context: QueryContext;

  constructor(building: QueryBuilding<TSchema>, context: QueryContext) {
    super(building.dialect);
    this.building = building;
    this.context = context;
  }

  /** What helpers need that are given a database or transaction on this session. */
  protected internalsOn(executor: DatabaseInternals<SQL, Column>["executor"]): DatabaseInternals<SQL, Column> {
    const { dialect } = this.building;
    return {
      executor,
      toQuery: (query) => dialect.sqlToQuery(query),
      columnName: (column) => dialect.columnName(column),
    };
  }

  override prepareQuery<T extends Omit<PreparedQueryConfig, "run">>(
    query: Query,
    fields: SelectedFieldsOrdered | undefined,
    executeMethod: SQLiteExecuteMethod,
    _isResponseInArrayMode: boolean,
    mapRows?: RowsMapper,
    metadata?: QueryMetadata,
    cacheConfig?: WithCacheConfig,
  ): LitefleetPreparedQuery<T & { run: ResultSet }> {
    return new LitefleetPreparedQuery(this.context, { query, fields, executeMethod, mapRows, metadata, cacheConfig });
  }

  /** @internal */
  extractRawAllValueFromBatchResult(batchResult: unknown): unknown {
    const result = asResultSet(batchResult);
    return rawRows({ columns: result.columns, rows: resultSetValues(result) });
  }

  /** @internal */
  extractRawGetValueFromBatchResult(batchResult: unknown): unknown {
    const result = asResultSet(batchResult);
    return rawRows({ columns: result.columns, rows: resultSetValues(result) })[0];
  }

  /** @internal */
  extractRawValuesValueFromBatchResult(batchResult: unknown): unknown {
    return resultSetValues(asResultSet(batchResult));
  }
}
