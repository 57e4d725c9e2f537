import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createClient, LibsqlError } from "@litefleet/driver";
import type { Client, Config } from "@litefleet/driver";
import { expect, onTestFinished } from "vitest";

/** The engines over a synchronous SQLite library. */
export const localEngines = ["libsql", "sqlite"] as const;

/** One of {@link localEngines}. */
export type LocalEngine = (typeof localEngines)[number];

/** The path of a file that does not exist yet, in a folder that is gone after the test. */
export function scratchFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "litefleet-local-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "test.db");
}

/** A client on a file, closed after the test. */
export function openFile(file: string, options: Omit<Config, "url"> = {}): Client {
  return openClient({ url: `file:${file}`, ...options });
}

/** A client that is closed after the test. */
export function openClient(config: Config): Client {
  const client = createClient(config);
  onTestFinished(() => client.close());
  return client;
}

/** The first value of the first row. */
export async function valueOf(client: Pick<Client, "execute">, sql: string): Promise<unknown> {
  return (await client.execute(sql)).rows[0]?.[0];
}

/** The first value of each row. */
export async function column(client: Pick<Client, "execute">, sql: string): Promise<unknown[]> {
  return (await client.execute(sql)).rows.map((row) => row[0]);
}

/** Expects `work` to fail with an error of ours that has this code, and gives it back. */
export async function expectCode(work: Promise<unknown>, code: string): Promise<LibsqlError> {
  const error: unknown = await work.then(
    () => expect.fail(`expected an error with code ${code}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof LibsqlError)) throw error;
  expect(error.code).toBe(code);
  return error;
}

/** A program of `testdata` in a process of its own. */
export interface Program {
  /** The next line that it writes; `undefined` once it has ended. */
  line(): Promise<string | undefined>;
  /** Writes a line to its stdin. */
  tell(text: string): void;
  /** kill -9. */
  kill(): void;
  /** Resolves with its exit code, or `null` if it was killed. */
  readonly ended: Promise<number | null>;
}

/** Starts a program of `testdata` on the Node that runs the tests; it is killed after the test at the latest. */
export function startProgram(name: string, ...args: readonly string[]): Program {
  const path = fileURLToPath(new URL(`./testdata/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    async line() {
      const next = await lines.next();
      return next.done === true ? undefined : next.value;
    },
    tell: (text) => void child.stdin.write(`${text}\n`),
    kill: () => void child.kill("SIGKILL"),
    ended,
  };
}
