import type { InArgs, Row, Value } from "@libsql/core/api";
import type {
  CallOptions,
  ChunkOptions,
  Client,
  Column,
  PreparedStatement,
  RawResult,
  RowChunk,
  RunResult,
} from "../api.ts";

/** The tenant that a prepared statement runs on. */
interface TenantUse {
  use<R>(options: CallOptions | undefined, work: (client: Client) => Promise<R>): Promise<R>;
  iterateWith<R>(
    options: CallOptions | undefined,
    open: (client: Client) => AsyncIterableIterator<R>,
  ): AsyncIterableIterator<R>;
}

/** A prepared statement of a tenant's client: prepared again when the tenant's database was opened again. */
export class FleetPrepared implements PreparedStatement {
  readonly sql: string;
  readonly #tenant: TenantUse;
  #of: Client | undefined;
  #statement: PreparedStatement | undefined;

  constructor(sql: string, tenant: TenantUse) {
    this.sql = sql;
    this.#tenant = tenant;
  }

  get(args?: InArgs, options?: CallOptions): Promise<Row | undefined> {
    return this.#tenant.use(options, (client) => this.#on(client).get(args, options));
  }

  first(args?: InArgs, options?: CallOptions): Promise<Value[] | undefined> {
    return this.#tenant.use(options, (client) => this.#on(client).first(args, options));
  }

  all(args?: InArgs, options?: CallOptions): Promise<Row[]> {
    return this.#tenant.use(options, (client) => this.#on(client).all(args, options));
  }

  values(args?: InArgs, options?: CallOptions): Promise<Value[][]> {
    return this.#tenant.use(options, (client) => this.#on(client).values(args, options));
  }

  run(args?: InArgs, options?: CallOptions): Promise<RunResult> {
    return this.#tenant.use(options, (client) => this.#on(client).run(args, options));
  }

  raw(args?: InArgs, options?: CallOptions): Promise<RawResult> {
    return this.#tenant.use(options, (client) => this.#on(client).raw(args, options));
  }

  columns(options?: CallOptions): Promise<Column[]> {
    return this.#tenant.use(options, (client) => this.#on(client).columns(options));
  }

  iterate(args?: InArgs, options?: CallOptions): AsyncIterableIterator<Row> {
    return this.#tenant.iterateWith(options, (client) => this.#on(client).iterate(args, options));
  }

  chunks(args?: InArgs, options?: ChunkOptions): AsyncIterableIterator<RowChunk> {
    return this.#tenant.iterateWith(options, (client) => this.#on(client).chunks(args, options));
  }

  #on(client: Client): PreparedStatement {
    if (this.#of !== client || this.#statement === undefined) {
      this.#statement = client.prepare(this.sql);
      this.#of = client;
    }
    return this.#statement;
  }
}
