import type { InArgs, InValue } from "@libsql/core/api";
import type { SqlValue } from "./engine.ts";
import { LitefleetError } from "./errors.ts";
import { isArrayBuffer, isBytes, isDate } from "./realm.ts";
import type { ParsedStatement } from "./sql/parse.ts";

const minInteger = -(2n ** 63n);
const maxInteger = 2n ** 63n - 1n;
const noArgs: readonly SqlValue[] = [];

/**
 * Checks the arguments of a statement and puts them in the order of its parameter numbers, each as the kind that SQLite
 * stores. Everything is decided here, before an engine sees it: a native library may end the process over a bad one.
 *
 * @throws {LitefleetError} `ARGS_INVALID` for a missing or unknown argument.
 * @throws {TypeError} for a value of a kind that SQLite has not, {@link RangeError} for NaN, Infinity or a bigint of more than 64 bits.
 */
export function bindArgs(parsed: ParsedStatement, given: InArgs | undefined): readonly SqlValue[] {
  const { parameters } = parsed;
  const args = given ?? [];
  if (typeof args !== "object") throw new TypeError(`Expected arguments as an array or object, got ${typeof args}`);
  if (Array.isArray(args)) {
    if (args.length !== parameters.length) throw wrongCount(parameters.length, args.length);
    if (args.length === 0) return noArgs;
    const bound = new Array<SqlValue>(args.length);
    for (let i = 0; i < args.length; i += 1) bound[i] = toSqlValue(args[i], i + 1);
    return bound;
  }
  if (ArrayBuffer.isView(args) || isArrayBuffer(args)) {
    throw new TypeError("Expected arguments as an array or object, got bytes; pass a blob as [blob]");
  }
  return bindNamed(parameters, args);
}

function bindNamed(parameters: readonly (string | undefined)[], args: Record<string, InValue>): readonly SqlValue[] {
  const used = new Set<string>();
  const bound = parameters.map((parameter, i) => {
    if (parameter === undefined) return null;
    if (parameter.startsWith("?")) {
      throw new LitefleetError(
        `Parameter ${i + 1} (${parameter}) has no name, but the arguments were given by name; pass an array`,
        "ARGS_INVALID",
      );
    }
    const name = parameter.slice(1);
    const key = Object.hasOwn(args, name) ? name : parameter;
    if (!Object.hasOwn(args, key)) throw new LitefleetError(`No argument for parameter ${parameter}`, "ARGS_INVALID");
    used.add(key);
    return toSqlValue(args[key], parameter);
  });
  for (const key of Object.keys(args)) {
    // `{ id }` serves `:id` and `@id` alike, so a key is unknown only if no parameter took it under either form.
    if (!used.has(key))
      throw new LitefleetError(`The statement has no parameter named ${JSON.stringify(key)}`, "ARGS_INVALID");
  }
  return bound;
}

function wrongCount(expected: number, got: number): LitefleetError {
  return new LitefleetError(
    `The statement takes ${expected} argument${expected === 1 ? "" : "s"}, but ${got} ${got === 1 ? "was" : "were"} given`,
    "ARGS_INVALID",
  );
}

function toSqlValue(value: unknown, parameter: string | number): SqlValue {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      if (!Number.isFinite(value)) {
        throw new RangeError(
          `Only finite numbers (not Infinity or NaN) can be passed as arguments (parameter ${parameter})`,
        );
      }
      return value;
    case "bigint":
      if (value < minInteger || value > maxInteger) {
        throw new RangeError(
          `bigint is too large to be represented as a 64-bit integer and passed as argument (parameter ${parameter})`,
        );
      }
      return value;
    case "boolean":
      // An INTEGER, which `intMode` then reads as it reads any other.
      return value ? 1n : 0n;
    case "undefined":
      throw new TypeError(`undefined cannot be passed as argument to the database (parameter ${parameter}); use null`);
    case "object":
      return objectToSqlValue(value, parameter);
    default:
      throw new TypeError(`A ${typeof value} cannot be passed as argument to the database (parameter ${parameter})`);
  }
}

function objectToSqlValue(value: object | null, parameter: string | number): SqlValue {
  if (value === null) return null;
  if (isBytes(value)) return value;
  if (isArrayBuffer(value)) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isDate(value)) {
    const time = value.valueOf();
    if (Number.isNaN(time))
      throw new RangeError(`An invalid Date cannot be passed as argument (parameter ${parameter})`);
    return time;
  }
  const name = value.constructor?.name ?? "object";
  throw new TypeError(
    `A value of type ${name} cannot be passed as argument to the database (parameter ${parameter}); convert it first`,
  );
}
