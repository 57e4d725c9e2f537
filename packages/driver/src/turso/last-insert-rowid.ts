import { step, stepOn } from "./native.ts";
import type { TursoHandle } from "./native.ts";

/** The rowid of the last row that the connection inserted, to the last digit: the engine itself gives it as a number. */
export function lastInsertRowid(connection: TursoHandle): bigint {
  const rowid = connection.lastInsertRowid();
  if (Number.isSafeInteger(rowid)) return BigInt(rowid);
  const exact = connection.prepare("SELECT last_insert_rowid()");
  try {
    exact.raw(true);
    exact.safeIntegers(true);
    const [value] = stepOn(connection, exact) === step.row ? exact.row() : [];
    return typeof value === "bigint" ? value : BigInt(rowid);
  } finally {
    exact.finalize();
  }
}
