/** What the process that wants a server asks of its supervisor; one JSON document a line. */
export type SupervisorRequest = { readonly id: number } & (
  | { readonly do: "hold-ports"; readonly count: number }
  | {
      readonly do: "start";
      readonly command: string;
      readonly args: readonly string[];
      readonly env: NodeJS.ProcessEnv;
    }
  | { readonly do: "end"; readonly signal: "SIGTERM" | "SIGKILL"; readonly graceMs: number }
  | { readonly do: "open-gateway"; readonly namespace: string; readonly port: number }
  | { readonly do: "quit"; readonly graceMs: number }
);

/** What the supervisor says: answers carry the request's id, news the id 0. */
export interface SupervisorMessage {
  readonly id: number;
  /** Why the request failed. */
  readonly error?: string;
  /** First message: the temporary folder it made. */
  readonly folder?: string;
  /** Answer to `hold-ports`. */
  readonly ports?: readonly number[];
  /** Answer to `start`. */
  readonly pid?: number;
  /** Answer to `open-gateway`. */
  readonly port?: number;
  /** News: the server has ended, by itself or by request. */
  readonly ended?: string;
}

/** How the supervisor is started: its only argument, as JSON. */
export interface SupervisorOptions {
  /** Start of the temporary folder's name. */
  readonly name: string;
  /** Whether the data outlives the server: then it may finish its work when the process that started it has died. */
  readonly keepsData: boolean;
}

/** Cuts a stream into its lines. */
export function lineSplitter(onLine: (line: string) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
}
