/** The table and the columns that a "UNIQUE constraint failed: t.a, t.b" names. */
export interface UniqueFailure {
  readonly table: string;
  readonly columns: readonly string[];
}

/**
 * Reads the message of a violated unique index. SQLite words it in the same way for a primary key, and tells the two apart by number
 * only, which not every engine passes on.
 */
export function readUniqueFailure(message: string): UniqueFailure | undefined {
  const names = /UNIQUE constraint failed: (.+)$/.exec(message)?.[1]?.split(", ");
  const dot = names?.[0]?.lastIndexOf(".") ?? -1;
  if (names === undefined || dot < 0) return undefined;
  return { table: names[0]!.slice(0, dot), columns: names.map((name) => name.slice(dot + 1)) };
}

/** Whether these columns are the whole of a primary key. */
export function isWholeKey(columns: readonly string[], key: readonly string[]): boolean {
  return key.length === columns.length && key.every((column) => columns.includes(column));
}
