/** `2026-03-01T14:25:01Z` as `20260301142501`. */
export function compactTime(time: Date): string {
  return time.toISOString().replaceAll(/\D/gu, "").slice(0, 14);
}

/**
 * The number of a new migration, in the manner of the folder's newest one and greater than it: a time of 14 digits, milliseconds
 * (13 digits) or seconds (10 digits) since 1970, or a number with as many leading zeros. `first` for an empty folder.
 *
 * @param used The digits at the names' beginnings.
 */
export function nextNumber(used: readonly string[], now: Date, first: string): string {
  const newest = used.toSorted((a, b) => Number(BigInt(a) - BigInt(b))).at(-1);
  if (newest === undefined) return first;
  const after = BigInt(newest) + 1n;
  const asTime = inTheMannerOf(newest, now);
  const next = asTime === undefined || BigInt(asTime) < after ? after : BigInt(asTime);
  return next.toString().padStart(newest.length, "0");
}

function inTheMannerOf(digits: string, now: Date): string | undefined {
  if (/^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{6}$/u.test(digits)) return compactTime(now);
  if (/^1\d{12}$/u.test(digits)) return String(now.getTime());
  if (/^1\d{9}$/u.test(digits)) return String(Math.floor(now.getTime() / 1000));
}
