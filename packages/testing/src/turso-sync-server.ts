import { connect } from "node:net";
import { join } from "node:path";
import { findBinary } from "./binary.ts";
import { freePort } from "./free-port.ts";
import { makeFolder, removeFolder } from "./server-folder.ts";
import { ServerProcess } from "./server-process.ts";
import { TestingError } from "./testing-error.ts";

/** How a Turso sync server is started. */
export interface TursoSyncServerOptions {
  /** The database file; it stays. Default: one in a temporary folder that is removed at the end. */
  readonly file?: string;
}

/** A Turso sync server of one's own: what `@tursodatabase/sync` pushes to and pulls from. */
export interface TursoSyncServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly file: string;
  logs(): string;
  /** Ends it without warning. */
  kill(): Promise<void>;
  /** Starts it again on the same port and file; ends it first if it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its temporary files. May be called twice. */
  stop(): Promise<void>;
}

const platforms: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64-gnu",
  "linux-arm64": "linux-arm64-gnu",
  "darwin-x64": "darwin-x64",
  "darwin-arm64": "darwin-arm64",
};
const attempts = 5;

/**
 * Starts a Turso sync server (tursodb) on a free loopback port. It ends with this process, at the latest.
 *
 * @throws {TestingError} `BINARY_MISSING`, `START_FAILED`, `START_TIMEOUT`.
 */
export async function startTursoSyncServer(options: TursoSyncServerOptions = {}): Promise<TursoSyncServer> {
  const platform = `${process.platform}-${process.arch}`;
  const binary = findBinary(`@tursodatabase/cli-${platforms[platform] ?? platform}`, "tursodb");
  for (let attempt = 1; ; attempt += 1) {
    const folder = makeFolder();
    try {
      return await startOnce(binary, folder, options);
    } catch (error) {
      removeFolder(folder);
      const isRace = error instanceof TestingError && error.code === "START_FAILED" && /in use/iu.test(error.message);
      if (!isRace || attempt === attempts) throw error;
    }
  }
}

async function startOnce(binary: string, folder: string, options: TursoSyncServerOptions): Promise<TursoSyncServer> {
  const port = await freePort();
  const file = options.file ?? join(folder, "server.db");
  const server = new ServerProcess({
    name: "tursodb",
    process: {
      command: binary,
      args: [file, "--sync-server", `127.0.0.1:${port}`],
      logFile: join(folder, "tursodb.log"),
      folderToRemove: folder,
    },
    isReady: () => accepts(port),
  });
  await server.start();
  const stop = async (): Promise<void> => {
    await server.stop();
    removeFolder(folder);
  };
  return {
    url: `http://127.0.0.1:${port}`,
    file,
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

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (isOpen: boolean) => (): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", answer(true));
    socket.once("error", answer(false));
  });
}
