import { join } from "node:path";
import { findBinary } from "./binary.ts";
import { freePort } from "./free-port.ts";
import { JwtKeys } from "./jwt-keys.ts";
import type { TokenClaims } from "./jwt-keys.ts";
import { makeFolder, removeFolder } from "./server-folder.ts";
import { ServerProcess } from "./server-process.ts";
import { TestingError } from "./testing-error.ts";

/** How a libSQL server is started. */
export interface SqldOptions {
  /** Serve many databases, each a namespace. Default false: one database. */
  readonly namespaces?: boolean;
  /** Ask for a JWT with every request. Default false. */
  readonly auth?: boolean;
  /** Where the data lies; it stays there. Default: a temporary folder that is removed at the end. */
  readonly dataDir?: string;
  /** Further arguments of the program. */
  readonly args?: readonly string[];
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What `createClient` of `@libsql/client` or `@litefleet/driver` takes to reach a test server. */
export interface SqldClientConfig {
  url: string;
  authToken?: string;
  fetch?: typeof globalThis.fetch;
}

/** A libSQL server of one's own. */
export interface SqldServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, also the `syncUrl` of embedded replicas. */
  readonly url: string;
  /** The same server as `ws://127.0.0.1:PORT`. */
  readonly wsUrl: string;
  /** The admin API. */
  readonly adminUrl: string;
  readonly dataDir: string;
  /** Makes a namespace; needs `namespaces: true`. */
  createNamespace(name: string): Promise<void>;
  /** Signs a token; needs `auth: true`. */
  token(claims?: TokenClaims): Promise<string>;
  /**
   * The configuration of a client over HTTP. A namespace travels in a header, since `name.localhost` does not resolve
   * everywhere; with `auth: true` a token good for an hour is in it.
   */
  clientConfig(namespace?: string): SqldClientConfig;
  /** What the server has printed. */
  logs(): string;
  /** Ends it without warning, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and data; ends it first if it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its temporary files. May be called twice. */
  stop(): Promise<void>;
}

const attempts = 5;

/**
 * Starts a libSQL server (sqld) on free loopback ports. It ends with this process, at the latest, however that ends.
 *
 * @throws {TestingError} `BINARY_MISSING`, `START_FAILED`, `START_TIMEOUT`.
 * @example
 * await using sqld = await startSqld();
 * const client = createClient(sqld.clientConfig());
 */
export async function startSqld(options: SqldOptions = {}): Promise<SqldServer> {
  const binary = findBinary(`@sqld/${process.platform}-${process.arch}`, "sqld");
  for (let attempt = 1; ; attempt += 1) {
    const folder = makeFolder();
    try {
      return await startOnce(binary, folder, options);
    } catch (error) {
      removeFolder(folder);
      // Somebody may have taken a port between our asking for it and the server's.
      const isRace = error instanceof TestingError && error.code === "START_FAILED" && /in use/iu.test(error.message);
      if (!isRace || attempt === attempts) throw error;
    }
  }
}

async function startOnce(binary: string, folder: string, options: SqldOptions): Promise<SqldServer> {
  const [http, admin] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${http}`;
  const adminUrl = `http://127.0.0.1:${admin}`;
  const dataDir = options.dataDir ?? join(folder, "data");
  const keys = options.auth === true ? await JwtKeys.create(folder) : undefined;
  const defaultToken = await keys?.sign({});
  const server = new ServerProcess({
    name: "sqld",
    process: {
      command: binary,
      args: [
        "--no-welcome",
        ...["--db-path", dataDir, "--http-listen-addr", `127.0.0.1:${http}`, "--admin-listen-addr", `127.0.0.1:${admin}`],
        ...(options.namespaces === true ? ["--enable-namespaces"] : []),
        ...(keys === undefined ? [] : ["--auth-jwt-key-file", keys.publicKeyFile]),
        ...(options.args ?? []),
      ],
      env: options.env,
      logFile: join(folder, "sqld.log"),
      folderToRemove: folder,
    },
    isReady: async () => (await fetch(`${url}/health`)).ok,
  });
  await server.start();
  const stop = async (): Promise<void> => {
    await server.stop();
    removeFolder(folder);
  };
  return {
    url,
    wsUrl: `ws://127.0.0.1:${http}`,
    adminUrl,
    dataDir,
    createNamespace: (name) => createNamespace(adminUrl, name, options),
    token(claims = {}) {
      if (keys !== undefined) return keys.sign(claims);
      return Promise.reject(new TestingError("Tokens need a server started with { auth: true }", "ADMIN_FAILED"));
    },
    clientConfig: (namespace) => clientConfig(url, namespace, defaultToken),
    logs: () => server.logs(),
    kill: () => server.kill(),
    async restart() {
      await server.stop();
      await server.start();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function createNamespace(adminUrl: string, name: string, options: SqldOptions): Promise<void> {
  if (options.namespaces !== true) {
    throw new TestingError("Namespaces need a server started with { namespaces: true }", "ADMIN_FAILED");
  }
  const response = await fetch(`${adminUrl}/v1/namespaces/${encodeURIComponent(name)}/create`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  if (!response.ok) {
    throw new TestingError(
      `Namespace ${name} was not created: ${response.status} ${await response.text()}`,
      "ADMIN_FAILED",
    );
  }
}

function clientConfig(url: string, namespace: string | undefined, authToken: string | undefined): SqldClientConfig {
  const config: SqldClientConfig = { url };
  if (authToken !== undefined) config.authToken = authToken;
  if (namespace !== undefined) {
    const header = Buffer.from(namespace).toString("base64").replaceAll("=", "");
    config.fetch = (input, init) => {
      const request = new Request(input, init);
      request.headers.set("x-namespace-bin", header);
      return fetch(request);
    };
  }
  return config;
}
