/** Whether it is an integer that numbers cannot tell from its neighbours. */
function isUnsafe(value: unknown): value is number | bigint {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === "bigint" && !Number.isSafeInteger(Number(value));
}

/** @throws {RangeError} for an integer that a column of numbers would store and could not give back. */
export function checkSafe(value: unknown, column: string): void {
  if (isUnsafe(value)) throw beyond(value, column, 'a blob("…", { mode: "bigint" }) or as text');
}

/** @throws {RangeError} for text that SQLite would keep as such an integer, or as a number near it. */
export function checkSafeText(value: unknown, column: string): void {
  if (isUnsafe(typeof value === "string" ? Number(value) : value)) {
    throw beyond(value, column, 'a numeric("…", { mode: "bigint" }) or as text');
  }
}

/** @throws {RangeError} for an integer, or text of one, that SQLite would keep as a number near it, for want of bits. */
export function checkInt64(value: unknown, column: string): void {
  if ((typeof value !== "string" && typeof value !== "bigint") || fits64(value)) return;
  throw new RangeError(
    `${value} does not fit the 64 bits of ${column}; store it in a blob("…", { mode: "bigint" }) or as text`,
  );
}

function fits64(value: string | bigint): boolean {
  if (typeof value === "bigint" || /^\s*[+-]?\d+\s*$/u.test(value)) {
    const integer = BigInt(value);
    return BigInt.asIntN(64, integer) === integer;
  }
  const number = Number(value);
  return !Number.isInteger(number) || Math.abs(number) < 2 ** 63;
}

function beyond(value: unknown, column: string, instead: string): RangeError {
  return new RangeError(
    `${String(value)} lies beyond what the numbers of ${column} can tell apart; store it in ${instead}`,
  );
}
