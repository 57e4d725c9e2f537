import type { InValue } from "@litefleet/driver";
import { DriverAdapterError } from "@prisma/driver-adapter-utils";
import type { ArgScalarType, SqlQuery } from "@prisma/driver-adapter-utils";
import type { TimestampFormat } from "./options.ts";

const minInteger = -(2n ** 63n);
const maxInteger = 2n ** 63n - 1n;

/**
 * The arguments of a Prisma query as SQLite stores them.
 *
 * @throws {DriverAdapterError} `InvalidInputValue` for a list, or for text that is not of its argument's type.
 */
export function encodeArguments(query: SqlQuery, format: TimestampFormat): InValue[] {
  return query.args.map((value, i) => encodeArgument(value, query.argTypes[i]?.scalarType ?? "unknown", format, i + 1));
}

function encodeArgument(value: unknown, type: ArgScalarType, format: TimestampFormat, position: number): InValue {
  switch (typeof value) {
    case "string":
      return encodeText(value, type, format, position);
    case "number":
      // A number is bound as a REAL. For an Int that would turn `5 / 2` into 2.5, and leave 2.5 in an INTEGER column.
      return (type === "int" || type === "bigint") && Number.isSafeInteger(value) ? BigInt(value) : value;
    case "boolean":
      return value ? 1n : 0n;
    case "bigint":
      return value;
    case "object":
      if (value === null) return null;
      if (value instanceof Date) return encodeDate(value, format, position);
      if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      if (value instanceof ArrayBuffer) return value;
      if (Array.isArray(value))
        throw invalid(`Parameter ${position} is a list, which SQLite has not; use Prisma.join()`);
      break;
    case "undefined":
    case "function":
    case "symbol":
  }
  throw invalid(`Parameter ${position} is a ${typeof value}, which SQLite cannot store`);
}

function encodeText(text: string, type: ArgScalarType, format: TimestampFormat, position: number): InValue {
  switch (type) {
    case "int":
    case "bigint":
      return encodeInteger(text, position);
    case "decimal":
      return encodeDecimal(text);
    case "datetime":
      return encodeDate(new Date(text), format, position);
    case "bytes":
      return Buffer.from(text, "base64");
    default:
      return text;
  }
}

function encodeInteger(text: string, position: number): bigint {
  try {
    return BigInt(text);
  } catch {
    throw invalid(`Parameter ${position} is not an integer: ${JSON.stringify(text)}`);
  }
}

/**
 * A decimal as the kind that keeps its digits: a number where a double has the same ones, an integer up to 64 bits, and text
 * beyond. What the column then keeps of the text is decided by its type: TEXT all, DECIMAL what a double holds.
 *
 * Prisma gives a Float as a decimal too, with sixteen digits of which the last may be noise. It must not become text: SQLite
 * converts text for a column, but an aggregate that is compared with text is smaller than any text.
 */
function encodeDecimal(text: string): InValue {
  const number = Number(text);
  if (String(number) === text) return number;
  const digits = digitsOf(text);
  if (digits === digitsOf(String(number)) || digits === digitsOf(number.toPrecision(16))) return number;
  if (/^[+-]?\d+$/.test(text)) {
    const integer = BigInt(text);
    if (integer >= minInteger && integer <= maxInteger) return integer;
  }
  return text;
}

/** The digits that count and the power of ten, in one form for all spellings: `-1.50e1` and `-15` are both `-15e0`. */
function digitsOf(decimal: string): string {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(decimal);
  if (match === null) return decimal;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const significant = (whole + fraction).replace(/^0+/, "");
  const stripped = significant.replace(/0+$/, "");
  if (stripped === "") return "0";
  const power = Number(exponent) - fraction.length + (significant.length - stripped.length);
  return `${sign === "-" ? "-" : ""}${stripped}e${power}`;
}

function encodeDate(date: Date, format: TimestampFormat, position: number): InValue {
  const time = date.getTime();
  if (Number.isNaN(time)) throw invalid(`Parameter ${position} is not a date`);
  if (format === "unixepoch-ms") return BigInt(time);
  // The form that Prisma's own adapters store: dates are compared as text, so it must be the same to the last character.
  return date.toISOString().replace("Z", "+00:00");
}

function invalid(message: string): DriverAdapterError {
  return new DriverAdapterError({ kind: "InvalidInputValue", message, originalMessage: message });
}
