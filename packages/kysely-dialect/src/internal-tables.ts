const internalNames: ReadonlySet<string> = new Set([
  // libSQL's bookkeeping of vector indexes and of WebAssembly functions.
  "libsql_vector_meta_shadow",
  "libsql_wasm_func_table",
  // Litestream's, in every database that it replicates.
  "_litestream_lock",
  "_litestream_seq",
  // The change log of Turso Database; `turso_cdc_version` goes with it.
  "turso_cdc",
  "turso_cdc_version",
]);

/** SQLite's own (`sqlite_sequence`, `sqlite_stat1`), Turso Database's sequences and views, and what its sync keeps. */
const internalPrefixes = ["sqlite_", "__turso_internal_", "turso_sync_"];

const vectorIndex = /\blibsql_vector_idx\s*\(/iu;

/** Whether a table belongs to the database engine rather than to its user, by its name alone. */
export function isInternalTable(name: string): boolean {
  const lower = name.toLowerCase();
  return internalNames.has(lower) || internalPrefixes.some((prefix) => lower.startsWith(prefix));
}

/** The table in which libSQL keeps the graph of a vector index; `undefined` for an index of any other kind. */
export function shadowTableOfIndex(name: string, sql: string | null): string | undefined {
  return sql !== null && vectorIndex.test(sql) ? `${name}_shadow` : undefined;
}
