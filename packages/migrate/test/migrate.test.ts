import { migrateSuite } from "./migrate-suite.ts";
import { scratchClient } from "./scratch.ts";

for (const engine of ["libsql", "sqlite"] as const) {
  migrateSuite({
    name: engine,
    open: () => scratchClient({ engine }),
    keysOffInTransaction: "ignored",
    setsPragmas: true,
  });
}
migrateSuite({
  name: "turso",
  open: () => scratchClient({ engine: "turso" }),
  keysOffInTransaction: "honoured",
  setsPragmas: true,
});
