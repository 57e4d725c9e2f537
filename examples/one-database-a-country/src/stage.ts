import { isatty } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import { createColors } from "picocolors";

/** Colours only where a person looks on. */
const pc = createColors(process.env["NO_COLOR"] === undefined && isatty(1));

/** Prints what happens: a section a step, one line a fact. */
export class Stage {
  #section = 0;
  #startedAt = 0;
  #checks = 0;

  get checks(): number {
    return this.#checks;
  }

  title(text: string): void {
    line(`\n${pc.bold(text)}`);
  }

  /** Runs a step under its heading, and tells how long it took. */
  async step(heading: string, work: () => Promise<void>): Promise<void> {
    this.#section += 1;
    this.#startedAt = performance.now();
    line(`\n${pc.bold(pc.cyan(`${this.#section}. ${heading}`))}`);
    await work();
    line(pc.dim(`   took ${seconds(performance.now() - this.#startedAt)}`));
  }

  fact(label: string, value: string): void {
    line(`   ${label.padEnd(34)} ${value}`);
  }

  /** A fact that must be so; the demo ends with an error if it is not. */
  check(label: string, isTrue: boolean, detail = ""): void {
    if (!isTrue) throw new Error(`Check failed: ${label}${detail === "" ? "" : ` (${detail})`}`);
    this.#checks += 1;
    line(`   ${pc.green("✓")} ${label}${detail === "" ? "" : pc.dim(`  ${detail}`)}`);
  }

  /** A bar that is drawn over itself on a terminal; elsewhere only its end is printed. */
  bar(label: string, done: number, total: number): void {
    const isLast = done === total;
    if (!process.stdout.isTTY && !isLast) return;
    const width = 30;
    const filled = total === 0 ? width : Math.round((done / total) * width);
    const text = `   ${label.padEnd(34)} ${pc.green("█".repeat(filled))}${pc.dim("░".repeat(width - filled))} ${done}/${total}`;
    process.stdout.write(process.stdout.isTTY ? `\r${text}${isLast ? "\n" : ""}` : `${text}\n`);
  }

  table(rows: readonly (readonly string[])[]): void {
    const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => visible(row[i] ?? "").length))) ?? [];
    for (const row of rows) line(`     ${row.map((cell, i) => pad(cell, widths[i] ?? 0)).join("  ")}`);
  }
}

/** Milliseconds as a person reads them. */
export function seconds(ms: number): string {
  if (ms < 1) return `${(ms * 1_000).toFixed(0)} µs`;
  return ms < 1_000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** A whole number with separators. */
export function count(n: number): string {
  return n.toLocaleString("en-US");
}

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}

function visible(text: string): string {
  return stripVTControlCharacters(text);
}

function pad(text: string, width: number): string {
  return text + " ".repeat(width - visible(text).length);
}
