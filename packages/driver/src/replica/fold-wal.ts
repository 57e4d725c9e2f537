/** What {@link foldWal} needs of a connection. */
interface WalConnection {
  exec(sql: string): void;
  close(): void;
}

/**
 * Writes a database's WAL into its file, by a connection that is closed afterwards. The native library does so when it lets go of a
 * replica, but that may be a second after it was closed, and what is written by then could not be told from what somebody else writes. Whether it went well; if not, nothing is lost.
 */
export function foldWal(open: () => WalConnection): boolean {
  try {
    const connection = open();
    try {
      connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      connection.close();
    }
    return true;
  } catch {
    return false;
  }
}
