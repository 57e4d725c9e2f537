import type { Value } from "@libsql/core/api";
import type { IntMode } from "../api.ts";
import type { SqlValue } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import { decodeInteger } from "../integers.ts";
import type { WireValue } from "./protocol.ts";

/** How many bytes go through `String.fromCharCode` at once; engines limit the number of arguments. */
const stride = 0x2000;

/**
 * An argument as the server takes it. Numbers travel as floats, as they are bound locally. A lone surrogate, which UTF-8
 * cannot hold, becomes U+FFFD: the server would refuse the whole request over it.
 */
export function encodeValue(value: SqlValue): WireValue {
  if (value === null) return { type: "null" };
  switch (typeof value) {
    case "string":
      return { type: "text", value: value.toWellFormed() };
    case "number":
      return { type: "float", value };
    case "bigint":
      return { type: "integer", value: value.toString() };
    default:
      return { type: "blob", base64: toBase64(value) };
  }
}

/**
 * A column's value: a blob as an `ArrayBuffer` of its own, an integer as `intMode` says.
 *
 * @throws {RangeError} for an integer that `intMode` cannot hold.
 * @throws {LitefleetError} `UNSUPPORTED` for an infinite number, `SERVER_ERROR` for what is no value.
 */
export function decodeValue(value: WireValue, intMode: IntMode): Value {
  switch (value.type) {
    case "null":
      return null;
    case "integer":
      return decodeIntegerText(value.value, intMode);
    case "float":
      if (value.value === null) throw infinite();
      return value.value;
    case "text":
      return value.value;
    case "blob":
      return fromBase64(value.base64);
    default:
      throw new LitefleetError("The server sent a value of a kind that is not known", "SERVER_ERROR");
  }
}

function decodeIntegerText(text: string, intMode: IntMode): Value {
  if (intMode === "number" || intMode === "auto") {
    const number = Number(text);
    if (Number.isSafeInteger(number)) return number;
  }
  return decodeInteger(BigInt(text), intMode);
}

function infinite(): LitefleetError {
  return new LitefleetError(
    "The result holds an infinite number, which the server's JSON cannot carry; select it with printf('%!.17g', …)",
    "UNSUPPORTED",
  );
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += stride) {
    binary += String.fromCharCode(...bytes.subarray(at, at + stride));
  }
  return btoa(binary);
}

function fromBase64(text: string): ArrayBuffer {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes.buffer;
}
