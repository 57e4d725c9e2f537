/** The table of the engine's own in which it notes how far its log has gone into the database. */
const table = "__turso_internal_mvcc_meta";

/** How the row of sqlite_schema for {@link table} goes on behind its header: type, name, table. */
const schemaText = Buffer.from(`table${table}${table}`);

const interior = 0x05;
const leaf = 0x0d;

/** The number of the page that holds the table. @param read gives a page by its number, counted from 1. */
export function rootOfMetaTable(read: (page: number) => Buffer): number | undefined {
  const waiting = [1];
  const seen = new Set<number>();
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    if (seen.has(number)) continue;
    seen.add(number);
    const page = read(number);
    const header = number === 1 ? 100 : 0;
    const kind = page[header];
    if (kind === leaf) {
      const root = rootIn(page);
      if (root !== undefined) return root;
    }
    if (kind === interior) waiting.push(...childrenOf(page, header));
  }
  return undefined;
}

/** Bytes that go to a place in a page. */
export interface Change {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** The one row that a new table holds: its length, rowid 1, its header, 'persistent_tx_ts_max' and 0. */
const key = "persistent_tx_ts_max";
const row = Buffer.concat([Buffer.from([3 + key.length, 1, 3, 13 + 2 * key.length, 8]), Buffer.from(key)]);

/**
 * What fills the table with its first row, to be written in this order: before the last change is done, the page is as empty as it was.
 *
 * @param usable the bytes of a page less those that the database reserves.
 * @returns `undefined` if the page is not that of an empty table.
 */
export function firstRow(page: Buffer, usable: number): Change[] | undefined {
  const isEmpty = page[0] === leaf && page.readUInt16BE(3) === 0 && page.readUInt16BE(5) === usable % 65_536;
  if (!isEmpty) return undefined;
  const at = usable - row.length;
  const header = Buffer.alloc(10);
  header.writeUInt8(leaf, 0);
  header.writeUInt16BE(1, 3);
  header.writeUInt16BE(at, 5);
  header.writeUInt16BE(at, 8);
  return [
    { offset: at, bytes: row },
    { offset: 0, bytes: header },
  ];
}

/** Pages that a damaged one names but cannot have are left out. @see https://www.sqlite.org/fileformat.html section 1.6 */
function childrenOf(page: Buffer, header: number): number[] {
  const cells = page.readUInt16BE(header + 3);
  const children = [page.readUInt32BE(header + 8)];
  for (let at = header + 12; at < Math.min(header + 12 + 2 * cells, page.length - 1); at += 2) {
    const cell = page.readUInt16BE(at);
    if (cell + 4 <= page.length) children.push(page.readUInt32BE(cell));
  }
  return children.filter((number) => number > 0);
}

/** The number of the table's page, as its row of sqlite_schema says if that lies on this page. */
function rootIn(page: Buffer): number | undefined {
  const at = page.indexOf(schemaText);
  // Before the text: the length of the header, the kinds of type, name, table and root page, and that of the SQL in one byte or two.
  const header = [6, 7].find((length) => page[at - length] === length);
  if (at === -1 || header === undefined) return undefined;
  const width = page[at - header + 4];
  const start = at + schemaText.length;
  if (width === undefined || width < 1 || width > 4 || start + width > page.length) return undefined;
  return page.readUIntBE(start, width);
}
