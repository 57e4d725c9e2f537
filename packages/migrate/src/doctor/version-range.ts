/** Whether a version is this one or a newer one. */
export function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [partsOf(version), partsOf(least)];
  for (const [i, part] of b.entries()) {
    const own = a[i] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

/** Whether a version is in a range of the kinds `^1.2.3` and `>=1.2.3`; any other range is taken to hold it. */
export function isInRange(version: string, range: string): boolean {
  if (range.startsWith(">=")) return isAtLeast(version, range.slice(2));
  if (!/^\^\d/u.test(range)) return true;
  const least = partsOf(range.slice(1));
  // The first part that is not 0 is the one that may not change.
  const fixed = least.findIndex((part) => part > 0);
  const own = partsOf(version);
  const isSame = least.slice(0, fixed + 1).every((part, i) => own[i] === part);
  return isSame && isAtLeast(version, range.slice(1));
}

function partsOf(version: string): number[] {
  const [main = ""] = version.trim().split(/[-+]/u);
  const parts = main.split(".").map(Number);
  return [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0];
}
