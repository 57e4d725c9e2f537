// Opens Turso databases one after the other, writes into each, and says of each as JSON what its table t held and whether it is whole: in a
// process of its own, for there are files that end the process. Its arguments are the files. With "hold" before them it keeps them open.
import { writeSync } from "node:fs";
import { createClient } from "@litefleet/driver";

const [first = "", ...more] = process.argv.slice(2);
const isHeld = first === "hold";
for (const file of isHeld ? more : [first, ...more]) {
  const client = createClient({ url: `file:${file}`, engine: "turso" });
  const isThere = (await client.prepare("SELECT 1 FROM sqlite_schema WHERE name = 't'").all()).length > 0;
  const values = isThere ? await client.prepare("SELECT * FROM t ORDER BY 1").values() : [];
  await client.batch(["CREATE TABLE IF NOT EXISTS more (n)", "INSERT INTO more VALUES (1)"], "write");
  const [whole] = await client.prepare("PRAGMA integrity_check").values();
  if (!isHeld) client.close();
  writeSync(1, `${JSON.stringify({ values: values.flat(), whole: whole?.[0] })}\n`);
}
if (isHeld) await new Promise((resolve) => process.stdin.once("data", resolve));
process.exit(0);
