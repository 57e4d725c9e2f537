// Takes a lock on a file when it is told to and gives it back when it is told to; its arguments are the file and the SQL of the lock.
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";

const [file = "", lock = "BEGIN IMMEDIATE"] = process.argv.slice(2);
const db = new DatabaseSync(file, { timeout: 10_000 });
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "lock") db.exec(lock);
  else if (line === "release") db.exec("COMMIT");
  else db.exec(line);
  process.stdout.write(`${line}\n`);
}
