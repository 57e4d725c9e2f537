import { expandConfig, isInMemoryConfig } from "@libsql/core/config";
import type { ExpandedConfig } from "@libsql/core/config";
import { encodeBaseUrl } from "@libsql/core/uri";
import type { ForeignKeys, IntMode } from "./api.ts";
import type { Config, LocalEngineName } from "./config.ts";
import { describeValue } from "./describe-value.ts";
import { LibsqlError, LitefleetError, plainMessage, unsupported } from "./errors.ts";
import type { Resolve } from "./offline/conflict.ts";
import type { AuthToken } from "./remote/token-source.ts";

const intModes: ReadonlySet<string> = new Set<IntMode>(["number", "bigint", "string", "auto"]);
const engineNames: ReadonlySet<string> = new Set<LocalEngineName>(["libsql", "sqlite", "turso"]);

/** A configuration that was checked, by the kind of database it names. */
export type ResolvedConfig = LocalConfig | RemoteConfig | ReplicaConfig | OfflineConfig;

interface Common {
  readonly intMode: IntMode;
  readonly foreignKeys: ForeignKeys | undefined;
  readonly statementCacheSize: number;
  readonly maxConnections: number;
  readonly timeoutMs: number | undefined;
}

/** A database in this process. */
export interface LocalConfig extends Common {
  readonly kind: "local";
  readonly engine: LocalEngineName;
  readonly path: string;
  readonly isMemory: boolean;
  readonly encryptionKey: string | undefined;
}

/** A server. */
export interface RemoteConfig extends Common {
  readonly kind: "remote";
  readonly protocol: "http" | "ws";
  readonly url: URL;
  readonly authToken: AuthToken | undefined;
  readonly fetch: typeof globalThis.fetch | undefined;
  readonly concurrency: number;
  readonly remoteEncryptionKey: string | undefined;
}

/** A local copy of a server's database. */
export interface ReplicaConfig extends Common {
  readonly kind: "replica";
  readonly path: string;
  readonly primary: RemoteConfig;
  readonly syncUrl: string;
  /** Seconds between syncs. */
  readonly syncInterval: number | undefined;
  readonly readYourWrites: boolean;
  readonly encryptionKey: string | undefined;
}

/** A local file that takes writes while its primary is away. */
export interface OfflineConfig extends Common {
  readonly kind: "offline";
  readonly path: string;
  readonly primary: RemoteConfig;
  /** Seconds between syncs. */
  readonly syncInterval: number | undefined;
  readonly allowRowidKeys: boolean;
  readonly resolve: Resolve | undefined;
}

/**
 * Reads a configuration as `@libsql/client` does, and checks what is ours.
 *
 * @throws {LitefleetError} `URL_INVALID`, `URL_SCHEME_NOT_SUPPORTED`, `URL_PARAM_NOT_SUPPORTED`, `CONFIG_INVALID`; {@link TypeError}
 *   for a value of the wrong type.
 */
export function resolveConfig(given: Config, preferHttp = true): ResolvedConfig {
  if (given === null || typeof given !== "object") {
    throw new TypeError(`Expected client configuration as object, got ${given === null ? "null" : typeof given}`);
  }
  const config = withoutNulls(given);
  checkTypes(config);
  const { intMode, authToken, ...others } = config;
  const rest = typeof authToken === "function" ? others : { ...others, authToken };
  const expanded = expand(intMode === "auto" ? rest : { ...rest, intMode }, preferHttp);
  const common: Common = {
    intMode: intMode ?? "number",
    foreignKeys: config.foreignKeys,
    statementCacheSize: count(config.statementCacheSize, "statementCacheSize", 200, 0),
    maxConnections: count(config.maxConnections, "maxConnections", 64, 1),
    timeoutMs: config.timeout === undefined ? undefined : count(config.timeout, "timeout", 0, 0),
  };
  if (config.engine !== undefined && !engineNames.has(config.engine)) {
    throw new LitefleetError(
      `Unknown engine ${describeValue(config.engine)}, supported values are "libsql", "sqlite" and "turso"`,
      "CONFIG_INVALID",
    );
  }
  if (config.offline === true) return resolveOffline(config, expanded, common);
  if (config.allowRowidKeys !== undefined || config.resolve !== undefined) {
    throw new LitefleetError("`allowRowidKeys` and `resolve` are for a client with `offline: true`", "CONFIG_INVALID");
  }
  if (expanded.scheme !== "file") return resolveRemote(config, expanded, common);
  checkFileUrl(expanded);
  if (config.syncUrl !== undefined) return resolveReplica(config, expanded, common, preferHttp);
  const isMemory = isInMemoryConfig(expanded);
  const local = {
    kind: "local",
    engine: config.engine ?? "libsql",
    isMemory,
    encryptionKey: expanded.encryptionKey,
  } as const;
  // The library takes the parameters of an in-memory database only in the form of a URI.
  return {
    ...common,
    ...local,
    path: isMemory && expanded.path !== ":memory:" ? `file:${expanded.path}` : expanded.path,
  };
}

/** As the peer reads it; but its errors quote the URL, in which there may be a token. */
function expand(config: Parameters<typeof expandConfig>[0], preferHttp: boolean): ExpandedConfig {
  try {
    return expandConfig(config, preferHttp);
  } catch (error) {
    if (!(error instanceof LibsqlError)) throw error;
    throw new LitefleetError(withoutSecrets(plainMessage(error)), error.code);
  }
}

/** A message about a URL without the secrets that stand in it: a token, or a user's name and password. */
function withoutSecrets(message: string): string {
  return message.replaceAll(/(authToken=)[^&#'"\s]*/giu, "$1[redacted]").replaceAll(/[^/?#@'"\s]+@/gu, "[redacted]@");
}

function resolveRemote(config: Config, expanded: ExpandedConfig, common: Common): RemoteConfig {
  const { scheme, tls } = expanded;
  if (config.engine !== undefined) {
    throw new LitefleetError(
      '`engine` chooses the library of a local database; leave it out for a server\'s "url"',
      "CONFIG_INVALID",
    );
  }
  if (expanded.encryptionKey !== undefined) {
    throw new LitefleetError("Encryption key is not supported by the remote client.", "ENCRYPTION_KEY_NOT_SUPPORTED");
  }
  if ((scheme === "http" || scheme === "ws") && tls) {
    throw new LitefleetError(`A "${scheme}:" URL cannot opt into TLS by using ?tls=1`, "URL_INVALID");
  }
  if ((scheme === "https" || scheme === "wss") && !tls) {
    throw new LitefleetError(`A "${scheme}:" URL cannot opt out of TLS by using ?tls=0`, "URL_INVALID");
  }
  if (config.fetch !== undefined && typeof config.fetch !== "function") {
    throw new TypeError(`Expected fetch as a function, got ${typeof config.fetch}`);
  }
  return {
    ...common,
    kind: "remote",
    protocol: scheme === "http" || scheme === "https" ? "http" : "ws",
    url: encodeBaseUrl(scheme, expanded.authority, expanded.path),
    authToken: typeof config.authToken === "function" ? config.authToken : expanded.authToken,
    fetch: config.fetch as typeof globalThis.fetch | undefined,
    concurrency: expanded.concurrency,
    remoteEncryptionKey: expanded.remoteEncryptionKey,
  };
}

function resolveOffline(config: Config, expanded: ExpandedConfig, common: Common): OfflineConfig {
  if (config.engine !== "turso") {
    throw unsupported(
      "offline: true",
      'Use engine: "turso" with a "file:" URL and the `syncUrl` of a Turso sync server.',
    );
  }
  if (expanded.scheme !== "file") throw new LitefleetError('`offline: true` needs a "file:" URL', "URL_INVALID");
  checkFileUrl(expanded);
  if (isInMemoryConfig(expanded)) {
    throw new LitefleetError("`offline: true` needs a file: what is in memory would be lost", "URL_INVALID");
  }
  if (expanded.encryptionKey !== undefined) {
    throw unsupported("encryptionKey", "The local file of an offline client cannot be encrypted.");
  }
  const { syncUrl, authToken, fetch, tls, concurrency, syncInterval, allowRowidKeys, resolve } = config;
  if (syncUrl === undefined) {
    throw unsupported("`offline: true` without `syncUrl`", "Name the primary that takes the writes later.");
  }
  if (resolve !== undefined && typeof resolve !== "function") {
    throw new TypeError(`Expected resolve as a function, got ${typeof resolve}`);
  }
  const primary = resolveConfig({ url: syncUrl, authToken, fetch, tls, concurrency });
  if (primary.kind !== "remote" || primary.protocol !== "http") {
    throw new LitefleetError('`syncUrl` of an offline client must be "http:", "https:" or "libsql:"', "URL_INVALID");
  }
  return {
    ...common,
    kind: "offline",
    path: expanded.path,
    primary,
    syncInterval,
    allowRowidKeys: allowRowidKeys ?? false,
    resolve,
  };
}

function resolveReplica(config: Config, expanded: ExpandedConfig, common: Common, preferHttp: boolean): ReplicaConfig {
  if (isInMemoryConfig(expanded)) {
    throw new LitefleetError(
      `Embedded replica must use file for local db but URI with in-memory mode were provided instead: ${expanded.path}`,
      "URL_INVALID",
    );
  }
  if (config.engine !== undefined && config.engine !== "libsql") {
    throw new LitefleetError(`An embedded replica runs on engine "libsql", not "${config.engine}"`, "CONFIG_INVALID");
  }
  const { syncUrl, authToken, fetch, tls, concurrency } = config;
  const primary = resolveConfig(
    { url: syncUrl!, authToken, fetch, tls, concurrency, intMode: config.intMode },
    preferHttp,
  );
  if (primary.kind !== "remote") {
    throw new LitefleetError(
      '`syncUrl` must name a server ("http:", "https:", "ws:", "wss:" or "libsql:")',
      "URL_INVALID",
    );
  }
  return {
    ...common,
    kind: "replica",
    path: expanded.path,
    primary,
    syncUrl: syncUrl!,
    syncInterval: config.syncInterval,
    readYourWrites: config.readYourWrites ?? true,
    encryptionKey: expanded.encryptionKey,
  };
}

function checkFileUrl({ authority, path }: ExpandedConfig): void {
  const host = authority?.host.toLowerCase() ?? "";
  if (host !== "" && host !== "localhost") {
    throw new LitefleetError(
      `Invalid host in file URL: ${JSON.stringify(authority?.host)}. A "file:" URL with an absolute path should start with ` +
        'one slash ("file:/absolute/path.db") or with three slashes ("file:///absolute/path.db").',
      "URL_INVALID",
    );
  }
  if (authority?.port !== undefined) throw new LitefleetError("File URL cannot have a port", "URL_INVALID");
  if (authority?.userinfo !== undefined) {
    throw new LitefleetError("File URL cannot have username and password", "URL_INVALID");
  }
  if (path === "" || path.includes("\0")) {
    throw new LitefleetError('A "file:" URL must name a file, such as "file:app.db"', "URL_INVALID");
  }
}

/** `null` stands for what is left out, as in configurations that are made of environment variables. */
function withoutNulls(config: Config): Config {
  const entries = Object.entries(config).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as unknown as Config;
}

function checkTypes(config: Config): void {
  const { authToken, intMode, foreignKeys } = config;
  check("url", config.url ?? null, "string");
  for (const key of ["syncUrl", "encryptionKey"] as const) check(key, config[key], "string");
  if (typeof authToken !== "function") check("authToken", authToken, "string");
  for (const key of ["tls", "readYourWrites", "offline", "allowRowidKeys"] as const) check(key, config[key], "boolean");
  for (const key of ["concurrency", "syncInterval"] as const) check(key, config[key], "number");
  if (Number.isNaN(config.syncInterval)) throw new RangeError("Expected syncInterval as a number of seconds, got NaN");
  if (intMode !== undefined && !intModes.has(intMode)) {
    throw new TypeError(
      `Invalid value for intMode, expected "number", "bigint", "string" or "auto", got ${describeValue(intMode)}`,
    );
  }
  if (foreignKeys !== undefined && foreignKeys !== "checked") {
    throw new RangeError(`Expected foreignKeys as "checked", got ${describeValue(foreignKeys)}`);
  }
}

function check(key: string, value: unknown, type: "string" | "boolean" | "number"): void {
  if (value === undefined || typeof value === type) return;
  throw new TypeError(`Expected ${key} as a ${type}, got ${value === null ? "nothing" : typeof value}`);
}

function count(value: unknown, name: string, fallback: number, min: number): number {
  if (value === undefined) return fallback;
  // A timer takes no more than this; longer than 24 days is as good as for ever.
  if (typeof value === "number" && value >= min) return Math.min(value, 2 ** 31 - 1);
  throw new RangeError(
    `Expected ${name} as a number of at least ${min}, got ${typeof value === "number" ? value : typeof value}`,
  );
}
