import { MigrateError } from "../errors.ts";

/** A number of tenants: a count, or a share of some set of them in percent. */
export type Share = { readonly count: number } | { readonly percent: number };

/**
 * Reads a count (`3`, `"3"`) or a share (`"5%"`).
 *
 * @throws {MigrateError} `ROLLOUT_INVALID`, naming `option`.
 */
export function parseShare(value: string | number, option: string): Share {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/u.exec(String(value).trim()) ?? [];
  const number = Number(digits);
  if (percent === "%" && number <= 100) return { percent: number };
  if (percent === "" && Number.isSafeInteger(number)) return { count: number };
  throw new MigrateError(
    `${option} is a count or a share such as 5%, got ${JSON.stringify(value)}.`,
    "ROLLOUT_INVALID",
  );
}
