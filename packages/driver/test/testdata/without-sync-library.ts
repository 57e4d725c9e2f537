// Opens an offline database where @tursodatabase/sync is not installed, and says how that ends; its argument is the file.
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === "@tursodatabase/sync") throw new Error("Cannot find package '@tursodatabase/sync'");
    return next(specifier, context);
  },
});
const { createClient } = await import("@litefleet/driver");
const url = `file:${process.argv[2] ?? ""}`;
const client = createClient({ engine: "turso", url, syncUrl: "http://127.0.0.1:1", offline: true });
const error: unknown = await client.execute("SELECT 1").catch((reason: unknown) => reason);
client.close();
process.stdout.write(`${String((error as { code?: string }).code)} ${String(error).includes("npm install @tursodatabase/sync")}\n`);
