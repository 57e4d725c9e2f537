import { LitefleetError } from "../errors.ts";
import { isError, isMisuse } from "../realm.ts";
import { baseCodeName, extendedCodeName } from "../sqlite-codes.ts";
import type { NativeLibrary } from "./native.ts";

/**
 * What a local library threw, as an error of ours. Busy and locked errors are retryable; a `TypeError` or `RangeError`
 * stays what it is, and anything else is the engine failing in a way it should not.
 */
export function classifyNative(library: NativeLibrary, error: unknown): Error {
  if (error instanceof LitefleetError) return error;
  const native = library.describeError(error);
  if (native === undefined) {
    if (isMisuse(error)) return error;
    const message = isError(error) ? error.message : String(error);
    return new LitefleetError(message, "SQLITE_ERROR", { cause: error });
  }
  const code = baseCodeName(native.rawCode);
  return new LitefleetError(native.message, code, {
    extendedCode: extendedCodeName(native.rawCode),
    rawCode: native.rawCode,
    isRetryable: code === "SQLITE_BUSY" || code === "SQLITE_LOCKED",
    cause: error,
  });
}

/** Whether `error` says that another connection holds the lock that was wanted. */
export function isBusy(error: unknown): error is LitefleetError {
  return error instanceof LitefleetError && error.code === "SQLITE_BUSY";
}
