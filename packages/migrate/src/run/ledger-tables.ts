/** The run ledger: its tables, made where they are not there. Times are milliseconds since 1970, lists are JSON. */
export const ledgerTables: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS litefleet_runs (
  id TEXT PRIMARY KEY,
  command TEXT NOT NULL,
  state TEXT NOT NULL,
  dir TEXT NOT NULL,
  source TEXT NOT NULL,
  migrations TEXT NOT NULL,
  options TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  holder TEXT NOT NULL,
  holder_started_at TEXT NOT NULL,
  heartbeat_at INTEGER NOT NULL,
  waves TEXT NOT NULL,
  counts TEXT NOT NULL
)`,
  `CREATE TABLE IF NOT EXISTS litefleet_run_tenants (
  run TEXT NOT NULL,
  place INTEGER NOT NULL,
  name TEXT NOT NULL,
  target TEXT NOT NULL,
  config TEXT NOT NULL,
  identity TEXT NOT NULL,
  wave INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER,
  duration_ms INTEGER,
  applied TEXT NOT NULL DEFAULT '[]',
  pending TEXT NOT NULL DEFAULT '[]',
  version TEXT,
  error TEXT,
  undo TEXT,
  PRIMARY KEY (run, place)
)`,
];
