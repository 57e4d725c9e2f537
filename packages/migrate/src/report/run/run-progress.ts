import type { Output } from "../../cli/io.ts";
import type { RunEvent } from "../../run/run-event.ts";
import { duration, grouped, tenantCount } from "../groups.ts";
import { progressBar } from "../progress.ts";
import type { RunReporter } from "./run-reporter.ts";
import { RunTally } from "./run-tally.ts";

/** A progress display beside which other text can be written. */
export interface RunProgress extends RunReporter {
  /** Writes above the display. */
  readonly output: Output;
}

const redrawMs = 100;
/** Without a terminal: a line at most this often, so that a log stays short. */
const lineMs = 10_000;
/** A tenant is slow from here on. */
const slowMs = 1_000;
const shownSlow = 3;

/**
 * How far a run is. On a terminal a bar with counts, rate, time left and failures, below it the wave and the slowest tenants
 * under way, redrawn in place; elsewhere plain lines: one for the run, one for each wave, and one now and then.
 */
export function createRunProgress(
  output: Output,
  words: { readonly doing: string; readonly done: string },
): RunProgress {
  return output.isTerminal ? terminalProgress(output) : plainProgress(output, words);
}

function terminalProgress(output: Output): RunProgress {
  const tally = new RunTally();
  let startedAt = 0;
  let pausedUntil = 0;
  let drawnLines = 0;
  let timer: NodeJS.Timeout | undefined;
  let shownAt = Number.NEGATIVE_INFINITY;
  const clear = (): void => {
    if (drawnLines > 0) output.write(`\r${drawnLines > 1 ? `\u001b[${drawnLines - 1}A` : ""}\u001b[J`);
    drawnLines = 0;
  };
  const draw = (): void => {
    const now = performance.now();
    shownAt = now;
    const lines = [runLine(tally, now - startedAt, output), detailLine(tally, now, pausedUntil, output)];
    const shown = lines.filter((line) => line !== "");
    clear();
    output.write(shown.join("\n"));
    drawnLines = shown.length;
  };
  const end = (): void => {
    clearInterval(timer);
    timer = undefined;
    clear();
  };
  return {
    onEvent: (event) => {
      const now = performance.now();
      tally.take(event, now);
      if (event.type === "run-start") {
        startedAt = now;
        // The time left and the slow tenants change although nothing happens.
        timer ??= setInterval(draw, redrawMs * 5).unref();
      }
      if (event.type === "pause") pausedUntil = now + event.durationMs;
      if (event.type === "run-end") end();
      else if (now - shownAt >= redrawMs) draw();
    },
    end,
    output: {
      ...output,
      get columns() {
        return output.columns;
      },
      write: (text) => {
        clear();
        output.write(text);
      },
    },
  };
}

/** The first line of the display; not wider than the terminal. */
function runLine({ total, done, failed, ended }: RunTally, elapsedMs: number, output: Output): string {
  return progressBar({ total, done, failed, rate: (ended * 1000) / Math.max(elapsedMs, 1) }, output);
}

function detailLine(tally: RunTally, now: number, pausedUntil: number, output: Output): string {
  const parts = [tally.waveText];
  if (pausedUntil > now && tally.underWay.size === 0) parts.push(`pausing for ${duration(pausedUntil - now)}`);
  const slow = [...tally.underWay].filter(([, since]) => now - since >= slowMs).slice(0, shownSlow);
  if (slow.length > 0)
    parts.push(`slowest: ${slow.map(([name, since]) => `${name} ${duration(now - since)}`).join(", ")}`);
  const text = parts.filter((part) => part !== "").join("  ");
  return output.colors.dim(cut(text, output.columns - 1));
}

/** The text in so many columns. Characters that a terminal shows wider are not looked for; those of East Asia count as two. */
function cut(text: string, columns: number): string {
  let width = 0;
  let shown = "";
  for (const character of text) {
    const wide =
      /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Extended_Pictographic}\uFF01-\uFF60]/u;
    width += wide.test(character) ? 2 : 1;
    if (width >= columns) return `${shown}…`;
    shown += character;
  }
  return shown;
}

function plainProgress(
  output: Output,
  { doing, done }: { readonly doing: string; readonly done: string },
): RunProgress {
  const tally = new RunTally();
  let startedAt = 0;
  let shownAt = 0;
  const line = (now: number): string => {
    const rate = (tally.ended * 1000) / Math.max(now - startedAt, 1);
    const left = rate === 0 ? "" : `, about ${duration(((tally.total - tally.done) * 1000) / rate)} left`;
    return `${grouped(tally.done)} of ${grouped(tally.total)} tenants ${done}, ${grouped(tally.failed)} failed${left}\n`;
  };
  const tell = (event: RunEvent, now: number): void => {
    if (event.type === "run-start") {
      startedAt = now;
      shownAt = now;
      output.write(`${doing} ${tenantCount(event.run.counts.total)} (run ${event.run.id})\n`);
    } else if (event.type === "wave-start" && tally.waveText !== "") {
      output.write(`Begins ${tally.waveText}: ${tenantCount(event.wave.size)}\n`);
    } else if (event.type === "wave-end" && event.wave.state === "halted") {
      output.write(
        `Halted in ${tally.waveText || "the only wave"}${event.wave.reason === undefined ? "" : `: ${event.wave.reason}`}\n`,
      );
    } else if (event.type === "pause") {
      output.write(`Pausing for ${duration(event.durationMs)}\n`);
    } else if (event.type === "tenant-end" && now - shownAt >= lineMs) {
      shownAt = now;
      output.write(line(now));
    }
  };
  return {
    onEvent: (event) => {
      const now = performance.now();
      tally.take(event, now);
      tell(event, now);
    },
    end: () => {},
    output,
  };
}
