import { spawnSync } from "node:child_process";

// Runs the fault campaigns (tests with the tag "soak") at full length; arguments are handed on to vitest.
const { status } = spawnSync("vitest", ["run", "--tags-filter=soak", ...process.argv.slice(2)], {
  env: { ...process.env, LITEFLEET_SOAK: "1" },
  stdio: "inherit",
  shell: process.platform === "win32",
});
process.exitCode = status ?? 1;
