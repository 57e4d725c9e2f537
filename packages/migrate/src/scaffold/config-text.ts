import type { FoundSetUp } from "./find-set-up.ts";

/** The text of a litefleet.config.ts for what was found. */
export function configText({ dir, source, because, targets, databases }: FoundSetUp): string {
  const format = source ?? "no migrations yet";
  const found = databases === 0 ? "none was found; set this to yours" : `${databases} found`;
  return `import { defineConfig } from "@litefleet/migrate";

export default defineConfig({
  // The folder of migrations: ${format} (${because}).
  dir: ${JSON.stringify(dir)},
  // The databases (${found}): globs, paths and URLs. A list, a query, sqld's namespaces, Turso's groups or a function
  // go into "tenants" instead.
  targets: [${JSON.stringify(targets)}],
});
`;
}
