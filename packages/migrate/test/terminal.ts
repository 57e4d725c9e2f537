import { fileURLToPath } from "node:url";

/** `litefleet-migrate` on a terminal of its own, as a person sees it. */
export interface TerminalRun {
  /** Everything that was written, with its control sequences. */
  text(): string;
  /** Resolves as soon as the text holds this. */
  shows(text: string): Promise<void>;
  type(keys: string): void;
  readonly ended: Promise<{ readonly code: number; readonly text: string }>;
}

// A native addon: there may be none for this machine.
const pty = await import("@lydell/node-pty").catch((error: unknown) => String(error));

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** Starts it in a terminal of so many columns. */
export function startInTerminal(args: readonly string[], cwd: string, columns = 100): TerminalRun {
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...env } = process.env;
  if (typeof pty === "string") throw new TypeError(pty);
  const terminal = pty.spawn(process.execPath, [bin, ...args], {
    cwd,
    cols: columns,
    rows: 30,
    name: "xterm-256color",
    env,
  });
  let text = "";
  const looks = new Set<() => void>();
  terminal.onData((data) => {
    text += data;
    for (const look of looks) look();
  });
  const ended = new Promise<{ code: number; text: string }>((resolve) => {
    terminal.onExit(({ exitCode }) => resolve({ code: exitCode, text }));
  });
  return {
    text: () => text,
    type: (keys) => terminal.write(keys),
    ended,
    shows: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!text.includes(wanted)) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        void ended.then(() => reject(new Error(`It ended without showing ${JSON.stringify(wanted)}:\n${text}`)));
        look();
      }),
  };
}

/** Why there is no terminal to be had here; `undefined` if there is one. */
export function missingTerminal(): string | undefined {
  return typeof pty === "string" ? `node-pty has no build for ${process.platform} ${process.arch}: ${pty}` : undefined;
}
