import type { Output } from "../cli/io.ts";
import { duration, grouped, tenantCount } from "./groups.ts";

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
        const rate = (state.done * 1000) / Math.max(now - startedAt, 1);
        output.write(`\r\u001b[2K${progressBar({ ...state, rate }, output)}`);
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

/** The line of a terminal, not wider than it; what there is no room for is left out. `rate` is in tenants a second. */
export function progressBar(
  { total, done, failed, rate }: ProgressState & { readonly rate: number },
  output: Output,
): string {
  const { green, red, dim } = output.colors;
  const counts = `${grouped(done).padStart(grouped(total).length)}/${grouped(total)}`;
  const failures = failed === 0 ? "" : `  ${grouped(failed)} failed`;
  const left = done >= total || rate === 0 ? "" : `  ${duration(Math.ceil((total - done) / rate) * 1000, 0)} left`;
  const speed = `  ${rate >= 10 ? grouped(Math.round(rate)) : rate.toFixed(1)}/s`;
  let room = output.columns - 1 - counts.length;
  const fits = (text: string): string => {
    if (text.length > room) return "";
    room -= text.length;
    return text;
  };
  // In order of what people look for first.
  const [shownFailures, shownLeft, shownSpeed] = [fits(failures), fits(left), fits(speed)];
  const width = room < 6 ? 0 : Math.min(30, room - 2);
  const filled = total === 0 ? width : Math.round((done / total) * width);
  const bar = width === 0 ? "" : `${green("█".repeat(filled))}${dim("░".repeat(width - filled))}  `;
  return `${bar}${counts}${dim(shownSpeed)}${dim(shownLeft)}${red(shownFailures)}`;
}
