import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

// `prisma generate`, offline: naming any executable as the schema engine keeps it from downloading one, which it does not need.
execFileSync(process.execPath, [createRequire(import.meta.url).resolve("prisma/build/index.js"), "generate"], {
  cwd: fileURLToPath(new URL("../", import.meta.url)),
  env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: "1" },
  stdio: ["ignore", "ignore", "inherit"],
});
