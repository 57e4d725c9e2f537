import pc from "picocolors";
import { expect, test } from "vitest";
import type { Output } from "../src/cli/io.ts";
import { createProgress, progressBar } from "../src/report/progress.ts";

const plain = pc.createColors(false);

function collect(isTerminal: boolean, columns = 80): Output & { readonly written: string[] } {
  const written: string[] = [];
  return { written, write: (text) => written.push(text), isTerminal, columns, colors: plain };
}

test("the bar shows counts, rate, time left and failures, and fits the terminal", () => {
  const state = { total: 200, done: 50, failed: 3, rate: 50 };
  expect(progressBar(state, collect(true))).toBe(
    `${"█".repeat(8)}${"░".repeat(22)}   50/200  50/s  3 s left  3 failed`,
  );
  for (const columns of [8, 20, 40, 50, 60, 120]) {
    expect(progressBar(state, collect(true, columns)).length).toBeLessThan(columns);
  }
  expect(progressBar({ total: 200, done: 200, failed: 0, rate: 200 }, collect(true))).toMatch(
    /^█{30} {2}200\/200 {2}200\/s$/u,
  );
});

test("a terminal's line is redrawn and taken away at the end", () => {
  const output = collect(true);
  const progress = createProgress(output, { doing: "Migrating", done: "migrated" });
  progress.update({ total: 1, done: 0, failed: 0 });
  progress.update({ total: 1, done: 1, failed: 0 });
  progress.end();
  expect(output.written).toHaveLength(3);
  expect(output.written.at(-1)).toBe("\r\u001b[2K");
  expect(output.written.join("")).not.toContain("\n");
});

test("elsewhere it is plain lines", () => {
  const output = collect(false);
  const progress = createProgress(output, { doing: "Migrating", done: "migrated" });
  progress.update({ total: 2, done: 0, failed: 0 });
  progress.update({ total: 2, done: 1, failed: 0 });
  progress.end();
  expect(output.written).toEqual(["Migrating 2 tenants\n"]);
});
