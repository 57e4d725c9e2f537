import type { SqlValue } from "../engine.ts";

const text = new TextDecoder();

/**
 * Reads the values of a row in SQLite's record format, as the change log keeps them. Integers are bigints, so that they cannot be
 * taken for reals.
 *
 * @see https://www.sqlite.org/fileformat.html section 2.1
 */
export function decodeRecord(record: Uint8Array): SqlValue[] {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const header = readVarint(view, 0);
  const values: SqlValue[] = [];
  let at = Number(header.value);
  for (let next = header.end; next < Number(header.value);) {
    const { value, end } = readVarint(view, next);
    const serialType = Number(value);
    const size = sizeOf(serialType);
    values.push(readValue(view, at, serialType, size));
    at += size;
    next = end;
  }
  return values;
}

function readVarint(view: DataView, from: number): { value: bigint; end: number } {
  let value = 0n;
  for (let i = 0; i < 8; i += 1) {
    const byte = view.getUint8(from + i);
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) return { value, end: from + i + 1 };
  }
  return { value: (value << 8n) | BigInt(view.getUint8(from + 8)), end: from + 9 };
}

/** Bytes of the serial types 0 to 9; from 12 on the number itself tells. */
const fixedSizes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function sizeOf(serialType: number): number {
  return fixedSizes[serialType] ?? Math.floor((serialType - 12) / 2);
}

function readValue(view: DataView, at: number, serialType: number, size: number): SqlValue {
  if (serialType === 0) return null;
  if (serialType === 7) return view.getFloat64(at);
  if (serialType === 8) return 0n;
  if (serialType === 9) return 1n;
  if (serialType < 12) return readInteger(view, at, size);
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, size);
  return serialType % 2 === 0 ? bytes.slice() : text.decode(bytes);
}

function readInteger(view: DataView, at: number, size: number): bigint {
  let value = BigInt(view.getInt8(at));
  for (let i = 1; i < size; i += 1) value = (value << 8n) | BigInt(view.getUint8(at + i));
  return value;
}
