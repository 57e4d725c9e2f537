import { randomBytes } from "node:crypto";

/** The bytes that the engine's log of committed transactions begins with. */
export const logHeaderSize = 56;

/** The header of a log that holds no transaction yet, as Turso Database 0.7 writes it: version 2, a salt of its own, and a sum. */
export function emptyLog(): Buffer {
  const header = Buffer.alloc(logHeaderSize);
  header.write("2LML", 0, "latin1");
  header.writeUInt8(2, 4);
  header.writeUInt16LE(logHeaderSize, 6);
  randomBytes(8).copy(header, 8);
  header.writeUInt32LE(crc32c(header), 52);
  return header;
}

/** CRC-32C, which Node does not have. @see https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4 */
function crc32c(bytes: Buffer): number {
  let crc = 0xff_ff_ff_ff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82_f6_3b_78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
