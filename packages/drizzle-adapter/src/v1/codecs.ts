import { refineCodecs } from "drizzle-orm-v1/codecs";
import { libsqlCodecs } from "drizzle-orm-v1/libsql/codecs";
import { checkInt64, checkSafe, checkSafeText } from "../integer-limits.ts";

/** How columns are written and read: as drizzle's own driver does, save that what a column could not give back is refused before it is stored. */
export const codecs = refineCodecs(libsqlCodecs, {
  integer: {
    normalizeParam: checked(checkSafe, "an integer() column"),
    // What was stored by other means must not become another number on its way through JSON.
    normalizeInJson: checked(checkSafe, "an integer() column"),
  },
  numeric: { normalizeParam: checked(checkInt64, "a numeric() column") },
  "numeric:number": { normalizeParam: checked(checkSafeText, "a numeric() column") },
  "numeric:bigint": { normalizeParam: checked(checkInt64, "a numeric() column") },
});

function checked(check: (value: unknown, column: string) => void, column: string): (value: unknown) => unknown {
  return (value) => {
    check(value, column);
    return value;
  };
}
