import path from "node:path";
import { findBinary } from "./binary.ts";
import { httpStatus } from "./http-status.ts";
import { ServerProcess } from "./server-process.ts";

/** How a Turso sync server is started. */
export interface TursoSyncServerOptions {
  /** The database file; it stays. Default: one in a temporary folder that goes when the server is stopped. */
  readonly file?: string;
  /** Further arguments of the program. */
  readonly args?: readonly string[];
  /** Path of another tursodb. Default: the one of the package `@tursodatabase/cli-<platform>`. */
  readonly binary?: string;
  /** Milliseconds until a start that gets no answer is given up. Default 30,000. */
  readonly startTimeoutMs?: number;
  /** Milliseconds that the server has to end by itself before it is killed. Default 5,000. */
  readonly stopTimeoutMs?: number;
}

/** A Turso sync server of one's own: what `@tursodatabase/sync` pushes to and pulls from. */
export interface TursoSyncServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly file: string;
  /** The server's process; undefined while it does not run. */
  readonly pid: number | undefined;
  /** What the server has printed. */
  logs(): string;
  /** Ends it without warning, as a power cut would. The file stays, {@link restart} goes on with it. */
  kill(): Promise<void>;
  /** Starts it on the same port and file; ends it first if it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its temporary files. Can be called twice. */
  stop(): Promise<void>;
}

const tursodb = {
  program: "tursodb",
  packages: {
    "linux-x64": "@tursodatabase/cli-linux-x64-gnu",
    "linux-arm64": "@tursodatabase/cli-linux-arm64-gnu",
    "darwin-x64": "@tursodatabase/cli-darwin-x64",
    "darwin-arm64": "@tursodatabase/cli-darwin-arm64",
  },
};

/**
 * Starts a Turso sync server (tursodb) on a free loopback port and waits until it answers. It ends with this process at
 * the latest, however that ends. It is a development server: it checks no token.
 *
 * @throws {TestingError} `BINARY_MISSING`, `START_FAILED`, `START_TIMEOUT`.
 * @example
 * await using server = await startTursoSyncServer();
 * const db = await connect({ path: "local.db", url: server.url });
 */
export async function startTursoSyncServer(options: TursoSyncServerOptions = {}): Promise<TursoSyncServer> {
  const { args = [], startTimeoutMs = 30_000, stopTimeoutMs = 5_000 } = options;
  const command = findBinary(tursodb, options.binary);
  const kept = options.file === undefined ? undefined : path.resolve(options.file);
  const fileIn = (folder: string): string => kept ?? path.join(folder, "server.db");
  const server = await ServerProcess.open({
    name: "tursodb",
    command,
    portCount: 1,
    keepsData: kept !== undefined,
    env: { ...process.env, RUST_BACKTRACE: "0" },
    startTimeoutMs,
    stopTimeoutMs,
    args: ([port], folder) => [fileIn(folder), "--sync-server", `127.0.0.1:${port}`, ...args],
    // It knows no path for a look at its health; that it does not is an answer.
    isReady: async ([port]) => (await httpStatus(`http://127.0.0.1:${port}/`)) > 0,
  });
  const stop = (): Promise<void> => server.stop();
  return {
    url: `http://127.0.0.1:${server.ports[0]}`,
    file: fileIn(server.folder),
    get pid() {
      return server.pid;
    },
    logs: () => server.logs(),
    kill: () => server.kill(),
    restart: () => server.restart(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
