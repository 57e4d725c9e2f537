import { createInterface } from "node:readline/promises";
import pc from "picocolors";

/** Colours, or the same functions without any. */
export type Colors = ReturnType<typeof pc.createColors>;

/** One of the two streams that a command writes to. */
export interface Output {
  write(text: string): void;
  /** A person watches: lines may be redrawn. */
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 if it does not say. */
  readonly columns: number;
  readonly colors: Colors;
}

/** Everything that a command needs of its surroundings. */
export interface Io {
  /** Data: tables and JSON. */
  readonly out: Output;
  /** For people: progress, summaries, errors. */
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Asks a person, who has to type "yes". `undefined` where nobody can be asked: without a terminal.
   *
   * @throws {Interrupted} at Ctrl-C.
   */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Calls `listener` at Ctrl-C or SIGTERM; the function that it answers stops that. */
  onInterrupt(listener: () => void): () => void;
}

/** The surroundings of a real process. */
export function createProcessIo(host: NodeJS.Process): Io {
  // `… | head` closes the pipe. That is no error of ours, and no reason to leave a run in the middle.
  for (const stream of [host.stdout, host.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  return {
    out: createOutput(host.stdout, host.env),
    err: createOutput(host.stderr, host.env),
    env: host.env,
    ...(host.stdin.isTTY && host.stderr.isTTY && { confirm: (question: string) => confirm(host, question) }),
    onInterrupt: (listener) => {
      host.on("SIGINT", listener);
      host.on("SIGTERM", listener);
      return () => {
        host.off("SIGINT", listener);
        host.off("SIGTERM", listener);
      };
    },
  };
}

/** A person pressed Ctrl-C when they were asked. */
export class Interrupted extends Error {}

/** The end of the input (Ctrl-D) is no yes. */
async function confirm({ stdin, stderr }: NodeJS.Process, question: string): Promise<boolean> {
  const terminal = createInterface({ input: stdin, output: stderr });
  const { promise: ended, resolve, reject } = Promise.withResolvers<string>();
  terminal.once("SIGINT", () => reject(new Interrupted("Interrupted")));
  terminal.once("close", () => resolve(""));
  try {
    const answer = await Promise.race([terminal.question(question), ended]);
    return answer.trim().toLowerCase() === "yes";
  } finally {
    terminal.close();
  }
}

function createOutput(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Output {
  // A pipe or file has no such property, whatever its type says.
  const isTerminal = "isTTY" in stream && stream.isTTY;
  const isSet = (name: string): boolean => env[name] !== undefined && env[name] !== "";
  const hasColors = !isSet("NO_COLOR") && (isSet("FORCE_COLOR") || (isTerminal && env["TERM"] !== "dumb"));
  return {
    write: (text) => {
      stream.write(text);
    },
    isTerminal,
    get columns() {
      return stream.columns ?? 80;
    },
    colors: pc.createColors(hasColors),
  };
}
