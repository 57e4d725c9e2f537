import { readSync } from "node:fs";

/** The two sums that each frame goes on with. */
type Sums = readonly [number, number];

const headerSize = 32;
const frameHeaderSize = 24;
/** The lowest bit says in which order the sums read the bytes. */
const magic = 0x377f0682;

/**
 * Whether an open WAL file holds a commit, read as SQLite and Turso recover it: what was cut off or does not sum up does not count.
 *
 * @see https://www.sqlite.org/fileformat.html section 4
 */
export function holdsCommit(file: number): boolean {
  const header = Buffer.alloc(headerSize);
  if (readSync(file, header, 0, headerSize, 0) < headerSize) return false;
  const word = header.readUInt32BE(0);
  if (word !== magic && word !== magic + 1) return false;
  const add = word === magic ? addLittleEndian : addBigEndian;
  let sums = add([0, 0], header.subarray(0, 24));
  if (!areAt(sums, header, 24)) return false;

  const frame = Buffer.alloc(frameHeaderSize + header.readUInt32BE(8));
  for (let at = headerSize; readSync(file, frame, 0, frame.length, at) === frame.length; at += frame.length) {
    sums = add(add(sums, frame.subarray(0, 8)), frame.subarray(frameHeaderSize));
    if (!frame.subarray(8, 16).equals(header.subarray(16, 24)) || !areAt(sums, frame, 16)) return false;
    if (frame.readUInt32BE(4) > 0) return true;
  }
  return false;
}

function addLittleEndian(sums: Sums, bytes: Buffer): Sums {
  return addWords(sums, bytes.length, (at) => bytes.readUInt32LE(at));
}

function addBigEndian(sums: Sums, bytes: Buffer): Sums {
  return addWords(sums, bytes.length, (at) => bytes.readUInt32BE(at));
}

/** @see https://www.sqlite.org/fileformat.html section 4.2 */
function addWords(sums: Sums, length: number, wordAt: (at: number) => number): Sums {
  let [first, second] = sums;
  for (let at = 0; at < length; at += 8) {
    first = (first + wordAt(at) + second) >>> 0;
    second = (second + wordAt(at + 4) + first) >>> 0;
  }
  return [first, second];
}

function areAt([first, second]: Sums, bytes: Buffer, offset: number): boolean {
  return bytes.readUInt32BE(offset) === first && bytes.readUInt32BE(offset + 4) === second;
}
