import { DOMParser } from "@xmldom/xmldom";
import type { Element } from "@xmldom/xmldom";
import pc from "picocolors";
import { describe, expect, test, vi } from "vitest";
import type { Output } from "../src/cli/io.ts";
import { groupErrors } from "../src/report/error-groups.ts";
import { describeFailures } from "../src/report/failures.ts";
import { githubAnnotations, githubSummary } from "../src/report/run/github.ts";
import { junitXml } from "../src/report/run/junit.ts";
import { ndjsonReporter } from "../src/report/run/ndjson.ts";
import { createRunProgress } from "../src/report/run/run-progress.ts";
import { eventsOf, failedTenant, runRecord, runTenant } from "./run-fixture.ts";

const words = { doing: "Migrating", done: "migrated" };

function collect(isTerminal: boolean, columns = 80): Output & { readonly written: string[] } {
  const written: string[] = [];
  return { written, write: (text) => written.push(text), isTerminal, columns, colors: pc.createColors(false) };
}

/** What a terminal shows after these writes, in lines. Knows the few sequences that are used. */
function screenOf(written: readonly string[]): string[] {
  const lines = [""];
  let [row, column] = [0, 0];
  for (const [, up, erase, character] of written.join("").matchAll(/\p{Cc}\[(\d+)A|(\p{Cc}\[J)|([\s\S])/gu)) {
    if (up !== undefined) row -= Number(up);
    else if (erase !== undefined) {
      lines.length = row + 1;
      lines[row] = lines[row]!.slice(0, column);
    } else if (character === "\n") [row, column] = [row + 1, 0];
    else if (character === "\r") column = 0;
    else {
      lines[row] = `${(lines[row] ?? "").slice(0, column)}${character}${(lines[row] ?? "").slice(column + 1)}`;
      column += 1;
    }
    lines[row] ??= "";
  }
  return lines;
}

const tenants = [
  runTenant("a"),
  failedTenant("b", "ROW_LOSS", { wave: 1 }),
  failedTenant("c", "ROW_LOSS", { wave: 1 }),
  failedTenant("d", "TENANT_BUSY", { wave: 1 }),
  ...["e", "f"].map((name) => failedTenant(name, "ROW_LOSS", { wave: 1 })),
  runTenant("g", { wave: 1, state: "waiting", applied: [], durationMs: undefined, startedAt: undefined }),
];
const run = runRecord(tenants, { state: "halted" });

test("errors are grouped by kind, the most frequent first, with the first three tenants", () => {
  expect(groupErrors(tenants)).toEqual([
    {
      code: "ROW_LOSS",
      migration: "0002_add_plans",
      causeCode: undefined,
      count: 4,
      tenants: ["b", "c", "e"],
      message: "Tenant b: ROW_LOSS happened",
    },
    expect.objectContaining({ code: "TENANT_BUSY", count: 1, tenants: ["d"] }),
  ]);
});

test("errors of a thousand kinds are told in few lines", () => {
  const many = Array.from({ length: 1_000 }, (_, i) => failedTenant(`t${i}`, `CODE_${i}`));
  const lines = describeFailures(many, pc.createColors(false)).trimEnd().split("\n");
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe("and 980 more kinds of errors (980 tenants)");
});

describe("on a terminal", () => {
  test("a bar, and below it the wave and the slowest tenants; gone at the end", () => {
    vi.useFakeTimers();
    try {
      const output = collect(true);
      const progress = createRunProgress(output, words);
      const events = eventsOf(run, tenants);
      const third = events.findIndex((event) => event.type === "tenant-end" && event.tenant.name === "c");
      for (const event of events.slice(0, third)) progress.onEvent(event);
      vi.advanceTimersByTime(90_000);
      const [bar, detail] = screenOf(output.written);
      expect(bar).toMatch(/^█+░+ {2}2\/7 {2}0\.0\/s {2}\d+ min \d+ s left {2}1 failed$/u);
      expect(detail).toBe("wave 2 of 2 (100%)  slowest: c 1 min 30 s");
      progress.output.write("a word in between\n");
      vi.advanceTimersByTime(1_000);
      expect(screenOf(output.written)).toEqual(["a word in between", expect.any(String), expect.any(String)]);
      for (const event of events.slice(third)) progress.onEvent(event);
      expect(screenOf(output.written)).toEqual(["a word in between", ""]);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([5, 20, 40, 60, 200])("never wider than %i columns", (columns) => {
    vi.useFakeTimers();
    try {
      const output = collect(true, columns);
      const progress = createRunProgress(output, words);
      const long = ["a-very-long-name-of-a-tenant-".repeat(4), "東京".repeat(30), "🦊".repeat(40)];
      const many = long.map((name) => runTenant(name));
      for (const event of eventsOf(runRecord(many), many)) {
        if (event.type !== "tenant-end" && event.type !== "run-end" && event.type !== "wave-end")
          progress.onEvent(event);
      }
      vi.advanceTimersByTime(5_000);
      for (const line of screenOf(output.written)) {
        const width = Array.from(line).length + (line.match(/[東京🦊]/gu)?.length ?? 0);
        expect(width).toBeLessThan(columns);
      }
      progress.end();
    } finally {
      vi.useRealTimers();
    }
  });
});

test("elsewhere a line for the run and one for each wave", () => {
  const output = collect(false);
  const progress = createRunProgress(output, words);
  for (const event of eventsOf(run, tenants)) progress.onEvent(event);
  progress.end();
  expect(output.written).toEqual([
    "Migrating 7 tenants (run 20260301-142501-3f9a)\n",
    "Begins wave 1 of 2 (1): 1 tenant\n",
    "Begins wave 2 of 2 (100%): 6 tenants\n",
  ]);
});

test("ndjson: a line for the run, for each wave and for each tenant as it ends", () => {
  const output = collect(false);
  const reporter = ndjsonReporter(output);
  for (const event of eventsOf(run, tenants)) reporter.onEvent(event);
  const lines = output.written.join("").trimEnd().split("\n");
  const parsed = lines.map((line): unknown => JSON.parse(line));
  expect(parsed.map((line) => (line as { type: string }).type)).toEqual([
    "run-start",
    "wave-start",
    "tenant-end",
    "wave-end",
    "wave-start",
    ...Array.from({ length: 5 }, () => "tenant-end"),
    "wave-end",
    "run-end",
  ]);
  expect(parsed[5]).toMatchObject({ tenant: { name: "b", state: "failed", error: { code: "ROW_LOSS" } } });
});

describe("JUnit", () => {
  test("suites, cases, failures and what was not run, in XML that a parser takes", () => {
    const nasty = failedTenant(`<img src=x onerror="1">&\u0000\u001b[31m]]>`, "MIGRATION_FAILED", {
      error: { code: "MIGRATION_FAILED", message: `no such column: "a" & 'b' <c>\nline two \uD800` },
    });
    const all = [...tenants, nasty];
    const xml = junitXml({ run: runRecord(all, { endedAt: run.startedAt + 2500 }), tenants: all });
    // It throws for what is not well formed.
    const root = new DOMParser().parseFromString(xml, "text/xml").documentElement!;
    expect(attributesOf(root)).toMatchObject({ tests: "8", failures: "6", errors: "0", skipped: "1", time: "2.500" });
    const [first, second] = elements(root, "testsuite");
    expect(attributesOf(first!)).toMatchObject({ name: "wave 1: 1", tests: "2", failures: "1" });
    const [good, bad] = elements(first!, "testcase");
    expect(attributesOf(good!)).toEqual({ name: "a", classname: "litefleet.up.wave-1", time: "0.012" });
    expect(elements(good!, "system-out")[0]?.textContent).toBe("0002_add_plans");
    expect(bad?.getAttribute("name")).toBe(`<img src=x onerror="1">&\uFFFD\uFFFD[31m]]>`);
    expect(attributesOf(elements(bad!, "failure")[0]!)).toEqual({
      type: "MIGRATION_FAILED",
      message: `no such column: "a" & 'b' <c>\nline two \uFFFD`,
    });
    const cases = elements(second!, "testcase");
    expect(elements(cases[0]!, "failure")[0]?.textContent).toBe("in 0002_add_plans");
    expect(cases.at(-1)?.getAttribute("name")).toBe("g");
    expect(elements(cases.at(-1)!, "skipped")).toHaveLength(1);
  });
});

function elements(parent: Element, name: string): Element[] {
  return [...parent.getElementsByTagName(name)];
}

function attributesOf(element: Element): Record<string, string> {
  return Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value]));
}

describe("GitHub", () => {
  test("one annotation for each kind of error and one for the run", () => {
    const lines = githubAnnotations({ run, tenants }).trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe(
      "::error title=litefleet up%3A ROW_LOSS::Tenant b: ROW_LOSS happened%0A4 tenants: b, c, e and 1 more",
    );
    expect(lines[2]).toMatch(/^::error title=litefleet up::halted: 7 tenants/u);
    const kinds = Array.from({ length: 30 }, (_, i) => failedTenant(`t${i}`, `CODE_${i}`));
    // GitHub shows no more than ten.
    expect(
      githubAnnotations({ run: runRecord(kinds), tenants: kinds })
        .trimEnd()
        .split("\n"),
    ).toHaveLength(10);
  });

  test("a summary in Markdown that no name breaks", () => {
    const nasty = [failedTenant("a|b`<img onerror=1>\n|x", "ROW_LOSS"), ...tenants];
    const text = githubSummary({ run: runRecord(nasty), tenants: nasty });
    expect(text).toContain("| 8 | 1 | 0 | 6 | 1 |");
    expect(text).not.toContain("<img");
    const row = text.split("\n").find((line) => line.startsWith("| ROW_LOSS"));
    expect(row?.match(/(?<!\\)\|/gu)).toHaveLength(5);
  });
});
