import type { Client, Transaction } from "../api.ts";
import { unsupported } from "../errors.ts";

/** @throws {LitefleetError} `UNSUPPORTED` if the engine has no vector index. */
export async function checkIndexSupport(executor: Client | Transaction): Promise<void> {
  if ("capabilities" in executor ? executor.capabilities.vectorIndex : await hasIndexFunction(executor)) return;
  throw unsupported("A vector index", "vectorSearch() finds the same rows without one");
}

/** A transaction has no capabilities of its own to look at. */
async function hasIndexFunction(executor: Transaction): Promise<boolean> {
  const { rows } = await executor.execute("SELECT 1 FROM pragma_function_list WHERE name = 'libsql_vector_idx'");
  return rows.length > 0;
}
