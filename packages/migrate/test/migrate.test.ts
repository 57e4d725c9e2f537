import { migrateSuite } from "./migrate-suite.ts";
import { scratchClient } from "./scratch.ts";

migrateSuite("libsql", () => scratchClient({ engine: "libsql" }));
migrateSuite("node:sqlite", () => scratchClient({ engine: "sqlite" }));
