// Writes to an offline database, and says after each answer what it was, while it pushes and pulls without end; its arguments are the
// file, the primary and a number that no other run has.
import { writeSync } from "node:fs";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";

const [file = "", syncUrl = "", run = ""] = process.argv.slice(2);

/** Ends with 3 if the file is not to be had. */
function open(): Client {
  try {
    return createClient({ engine: "turso", url: `file:${file}`, syncUrl, offline: true });
  } catch {
    process.exitCode = 3;
    return createClient({ url: ":memory:" });
  }
}

const client = open();
const syncing = async (): Promise<void> => {
  for (;;) {
    await client.pull();
    await client.push();
  }
};
const writing = async (): Promise<void> => {
  for (let i = 0; ; i += 1) {
    if (i % 3 === 0) {
      await client.execute("UPDATE counters SET n = n + 1 WHERE id = ?", [`c${i % 4}`]);
      writeSync(1, "+1\n");
    } else {
      const rows = [0, 1, 2].map((part) => `${run}-${i}-${part}`);
      await client.batch(rows.map((id) => ["INSERT INTO entries VALUES (?, 'killed')", [id]]), "write");
      writeSync(1, rows.map((id) => `${id}\n`).join(""));
    }
    await new Promise((resolve) => void setTimeout(resolve, 3));
  }
};
if (process.exitCode === undefined) await Promise.all([syncing(), writing()]);
