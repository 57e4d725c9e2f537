// Node's own errors, buffers and native libraries belong to the main realm. A test runner that runs its tests in a `vm` context has
// other constructors, so that `instanceof` says no to them: these look at what a value is instead.

/** Whether it is an error of any realm. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || tagOf(value) === "Error";
}

/** Whether it is an error for misuse: a `TypeError` or `RangeError` of any realm. */
export function isMisuse(value: unknown): value is TypeError | RangeError {
  if (value instanceof TypeError || value instanceof RangeError) return true;
  return isError(value) && (value.name === "TypeError" || value.name === "RangeError");
}

/** Whether it is a Uint8Array of any realm, such as a Buffer. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || (ArrayBuffer.isView(value) && tagOf(value) === "Uint8Array");
}

/** Whether it is an ArrayBuffer of any realm; a SharedArrayBuffer is none. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return (
    value instanceof ArrayBuffer ||
    (tagOf(value) === "ArrayBuffer" && works(() => ArrayBuffer.prototype.slice.call(value as ArrayBuffer, 0, 0)))
  );
}

/** Whether it is a Date of any realm. */
export function isDate(value: unknown): value is Date {
  return value instanceof Date || (tagOf(value) === "Date" && works(() => Date.prototype.getTime.call(value as Date)));
}

/** The name of a built-in class that a value has, or says that it has. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** Methods of built-in classes throw for what is not of their class, whatever it says of itself. */
function works(method: () => unknown): boolean {
  try {
    method();
    return true;
  } catch {
    return false;
  }
}
