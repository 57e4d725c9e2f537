import { MigrateError } from "../errors.ts";
import { allowedFailures } from "./plan-waves.ts";
import type { RolloutOptions } from "./rollout-options.ts";
import { checkGuard } from "./tenant-guard.ts";

/** The longest wait of a timer, in milliseconds: 24 days. */
const longestMs = 2 ** 31 - 1;

/** @throws {MigrateError} `ROLLOUT_INVALID` for a value that cannot be, naming the option. */
export function checkRollout(options: RolloutOptions): void {
  checkNumber("pauseMs", options.pauseMs, 0, longestMs);
  checkNumber("timeoutMs", options.timeoutMs, 1, longestMs);
  checkNumber("retries", options.retries, 0, 1_000);
  allowedFailures(options.maxFailures, 1);
  checkGuard(options);
  const { onError = "continue" } = options;
  if (onError !== "continue" && onError !== "stop") {
    throw new MigrateError(`onError is "continue" or "stop", got ${JSON.stringify(onError)}.`, "ROLLOUT_INVALID");
  }
}

function checkNumber(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return;
  throw new MigrateError(`${name} is a whole number from ${least} to ${most}, got ${value}.`, "ROLLOUT_INVALID");
}
