// Says that it is ready, waits for the end of its stdin, so that several of these start at once, and prints what it applied.
import { once } from "node:events";
import { createClient } from "@litefleet/driver";
import { migrate } from "../../src/index.ts";

const [dir, file, engine] = process.argv.slice(2);
if (dir === undefined || file === undefined) throw new TypeError("Expected dir, file and engine");
process.stderr.write("ready\n");
process.stdin.resume();
await once(process.stdin, "end");
await using client = createClient({ url: `file:${file}`, engine: engine === "sqlite" ? "sqlite" : "libsql" });
const { applied } = await migrate(client, { dir });
console.log(JSON.stringify(applied));
