import type { Output } from "../cli/io.ts";
import { tenantCount } from "./groups.ts";

/** How far a run over a fleet is. */
export interface ProgressState {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
}

/** Shows how far a run is. */
export interface Progress {
  readonly update: (state: ProgressState) => void;
  /** Takes the line off the screen. May be called without an `update` before. */
  readonly end: () => void;
}

const redrawMs = 80;
/** Without a terminal: a line at most this often, so that a log stays short. */
const lineMs = 5_000;

/** What a display says of the work on tenants. */
export interface ProgressWords {
  /** "Migrating" */
  readonly doing: string;
  /** "migrated" */
  readonly done: string;
}

/**
 * A progress display: on a terminal one line that is redrawn (bar, counts, rate, time left, failures), elsewhere a plain line
 * at the start and now and then.
 */
export function createProgress(output: Output, words: ProgressWords): Progress {
  const startedAt = performance.now();
  let shownAt = Number.NEGATIVE_INFINITY;
  let isDrawn = false;
  return {
    update: (state) => {
      const now = performance.now();
      const isDue = now - shownAt >= (output.isTerminal ? redrawMs : lineMs);
      if (!isDue && !(output.isTerminal && state.done === state.total)) return;
      shownAt = now;
      if (output.isTerminal) {
        output.write(`\r\u001b[2K${progressBar(state, now - startedAt, output)}`);
        isDrawn = true;
      } else if (state.done === 0) {
        output.write(`${words.doing} ${tenantCount(state.total)}\n`);
      } else {
        output.write(`${state.done} of ${state.total} tenants ${words.done}, ${state.failed} failed\n`);
      }
    },
    end: () => {
      if (isDrawn) output.write("\r\u001b[2K");
      isDrawn = false;
    },
  };
}

/** The line of a terminal, not wider than it. */
export function progressBar({ total, done, failed }: ProgressState, elapsedMs: number, output: Output): string {
  const { green, red, dim } = output.colors;
  const rate = done / Math.max(elapsedMs / 1000, 0.001);
  const counts = `${String(done).padStart(String(total).length)}/${total}`;
  const left = done === total || done === 0 ? "" : `  ${Math.ceil((total - done) / Math.max(rate, 0.001))} s left`;
  const speed = `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)}/s${left}`;
  const failures = failed === 0 ? "" : `  ${failed} failed`;
  const room = output.columns - counts.length - speed.length - failures.length - 6;
  const width = Math.max(0, Math.min(30, room));
  const filled = total === 0 ? width : Math.round((done / total) * width);
  const bar = `${green("█".repeat(filled))}${dim("░".repeat(width - filled))}`;
  return `${bar}  ${counts}  ${dim(speed)}${red(failures)}`;
}
