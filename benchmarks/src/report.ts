/** What a figure should be. */
export interface Target {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Prints figures beside their targets, as they come. */
export class Report {
  #missed = 0;

  /** Targets that were not met. */
  get missed(): number {
    return this.#missed;
  }

  heading(text: string): void {
    process.stdout.write(`\n${text}\n`);
  }

  /** A figure, with its unit (`×` for a ratio) and what it should be. */
  figure(name: string, value: number, unit: string, target: Target = {}): void {
    const isMet =
      value >= (target.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (target.atMost ?? Number.POSITIVE_INFINITY);
    if (!isMet) this.#missed += 1;
    const wish =
      target.atLeast !== undefined ? `≥ ${target.atLeast}` : target.atMost !== undefined ? `≤ ${target.atMost}` : "";
    const mark = wish === "" ? " " : isMet ? "✓" : "✗";
    process.stdout.write(`  ${mark} ${name.padEnd(58)} ${format(value).padStart(9)} ${unit.padEnd(3)} ${wish}\n`);
  }
}

function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
