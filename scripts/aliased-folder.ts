/**
 * A folder of a package that is written for another version of a foreign package than the rest, and imports it under an alias,
 * for the workspace has both. It is published as a copy in which the alias is undone; the tests go on to be compiled against the
 * original, which is left out.
 */
export const aliasedFolder = {
  package: "@litefleet/drizzle-adapter",
  entry: "./v1",
  from: "dist/v1",
  to: "dist/drizzle-v1",
  alias: "drizzle-orm-v1",
  name: "drizzle-orm",
} as const;
