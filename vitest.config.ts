import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { defineConfig } from "vitest/config";
import { TestTotals } from "./scripts/test-totals.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Whether `pnpm soak` runs: fault campaigns then take their full number of rounds. */
    readonly soak: boolean;
  }
}

/** Each folder with a `test` in it is a project; a `global-setup.ts` among its tests runs once before them. */
const projects = globSync(["packages/*/test", "conformance/test", "examples/*/test"], { cwd: import.meta.dirname })
  .map((tests) => path.join(import.meta.dirname, path.dirname(tests)))
  .toSorted()
  .map((root) => ({
    extends: true as const,
    root,
    test: {
      name: path.basename(root),
      include: ["test/**/*.test.ts"],
      globalSetup: globSync(path.join(root, "test/**/global-setup.ts")),
    },
  }));

/** Some test runners run programs in a `vm` context, where the built-in classes are others than those of Node's own modules. */
const inVmContext = {
  extends: true as const,
  root: path.join(import.meta.dirname, "packages/driver"),
  test: {
    name: "driver-in-vm-context",
    pool: "vmThreads" as const,
    include: ["test/{first-row,group-commit,libsql-text,realm}.test.ts"],
  },
};

// The many processes that tests start, and the workers themselves, compile the same files.
process.env["NODE_COMPILE_CACHE"] ??= path.join(import.meta.dirname, "node_modules/.cache/compile");

const soak = process.env["LITEFLEET_SOAK"] === "1";

export default defineConfig({
  test: {
    projects: [...projects, inVmContext],
    provide: { soak },
    // strictTags is on: a tag that is not named here is an error.
    tags: [{ name: "soak", description: "a fault campaign", timeout: soak ? 3_600_000 : 60_000 }],
    reporters: ["default", new TestTotals()],
    // A process for each file: native addons are loaded, and processes are killed.
    pool: "forks",
    // Vitest leaves a core to itself; tests that wait for servers and processes leave more than that idle.
    maxWorkers: Math.max(2, availableParallelism()),
    // Servers start and migrations run; a test that hangs still ends.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    slowTestThreshold: 10_000,
    // A test that needs a second try is a defect.
    retry: 0,
  },
});
