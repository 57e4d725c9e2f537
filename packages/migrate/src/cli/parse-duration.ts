import { InvalidArgumentError } from "commander";

const units: Readonly<Record<string, number>> = { "": 1, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration as an option's value, in milliseconds: `500`, `500ms`, `30s`, `5m`, `1h`. */
export function parseDuration(text: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/u.exec(text.trim()) ?? [];
  const ms = Math.round(Number(digits) * (units[unit] ?? Number.NaN));
  if (Number.isSafeInteger(ms)) return ms;
  throw new InvalidArgumentError("Expected a duration such as 30s, 5m or 500ms; without a unit it is milliseconds.");
}
