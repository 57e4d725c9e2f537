import type { BeginOptions, CallOptions, TransactionOptions } from "./api.ts";
import { describeValue } from "./describe-value.ts";

/** The options of a call that was given none. */
const noOptions: CallOptions = {};

/** The longest time that a timer takes, in milliseconds; what is longer is no limit. */
const maxTimerMs = 2 ** 31 - 1;

const intModes: ReadonlySet<unknown> = new Set(["number", "bigint", "string", "auto", undefined]);

/** What options of any call may hold. */
type AnyOptions = CallOptions & BeginOptions & TransactionOptions;

/**
 * Checks the options of a call before anything happens.
 *
 * @throws {TypeError} for a value of the wrong kind, {@link RangeError} for a number or word out of its range.
 */
export function checkOptions<O extends CallOptions | BeginOptions | TransactionOptions>(options: O | undefined): O {
  // Whatever kind of options is asked for: none of them is required.
  if (options === undefined || options === noOptions) return noOptions as O;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`Expected options as an object, got ${describeValue(options)}`);
  }
  const { signal, timeoutMs, intMode, maxStalenessMs, minPosition, foreignKeys, maxRetries, onRetry }: AnyOptions =
    options;
  if (signal !== undefined && !isSignal(signal)) {
    throw new TypeError(`Expected the option signal as an AbortSignal, got ${describeValue(signal)}`);
  }
  checkCount("timeoutMs", timeoutMs);
  checkCount("maxRetries", maxRetries);
  checkCount("maxStalenessMs", maxStalenessMs);
  if (minPosition !== undefined && typeof minPosition !== "string") {
    throw new TypeError(`Expected the option minPosition as a string, got ${describeValue(minPosition)}`);
  }
  if (!intModes.has(intMode)) {
    throw new RangeError(
      `Expected the option intMode as "number", "bigint", "string" or "auto", got ${describeValue(intMode)}`,
    );
  }
  if (foreignKeys !== undefined && foreignKeys !== "off" && foreignKeys !== "checked") {
    throw new RangeError(`Expected the option foreignKeys as "off" or "checked", got ${describeValue(foreignKeys)}`);
  }
  if (onRetry !== undefined && typeof onRetry !== "function") {
    throw new TypeError(`Expected the option onRetry as a function, got ${describeValue(onRetry)}`);
  }
  return timeoutMs === undefined || timeoutMs <= maxTimerMs ? options : { ...options, timeoutMs: undefined };
}

/** Also one of another realm or library. */
function isSignal(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "aborted" in value && "addEventListener" in value && typeof value.addEventListener === "function";
}

function checkCount(name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== "number")
    throw new TypeError(`Expected the option ${name} as a number, got ${describeValue(value)}`);
  if (!(value >= 0)) throw new RangeError(`Expected the option ${name} as a number of at least 0, got ${value}`);
}
