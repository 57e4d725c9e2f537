// Makes one Turso database after another in a folder, with three commits in each and a checkpoint between them, and says of each commit
// "file commits" once it is acknowledged. Its argument is the folder.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@litefleet/driver";

const [folder = ""] = process.argv.slice(2);
for (let file = 0; ; file += 1) {
  const client = createClient({ url: `file:${join(folder, `${file}.db`)}`, engine: "turso" });
  await client.batch(["CREATE TABLE t (n INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)"], "write");
  writeSync(1, `${file} 1\n`);
  await client.execute("INSERT INTO t VALUES (2)");
  writeSync(1, `${file} 2\n`);
  await client.executeMultiple("PRAGMA wal_checkpoint(TRUNCATE)");
  await client.execute("INSERT INTO t VALUES (3)");
  writeSync(1, `${file} 3\n`);
  client.close();
}
