import type { Reporter, TestModule, Vitest } from "vitest/node";

/**
 * A vitest reporter that closes a run with one plain line, `tests: 12 passed, 0 failed, 1 skipped`, for programs that
 * read the log. What failed outside of a test, such as a file that does not load, counts as a failure of its own.
 */
export class TestTotals implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        totals[state === "pending" ? "failed" : state] += 1; // pending: the run ended under it
      }
      for (const suite of [module, ...module.children.allSuites()]) totals.failed += suite.errors().length;
    }
    const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
    this.#vitest?.logger.log(`tests: ${totals.passed} passed, ${totals.failed} failed${skipped}`);
  }
}
