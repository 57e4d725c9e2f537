import { isBuiltin } from "node:module";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import type { createClient } from "../src/web.ts";

/** Bundles an entry point as a tool for browsers and edge functions would: nothing is left out, nothing of Node is known. */
async function bundle(entry: string, platform: "browser" | "neutral", conditions = ["worker", "browser"]) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: `export * from "${entry}";`, resolveDir: import.meta.dirname },
    bundle: true,
    format: "esm",
    platform,
    // What a bundler for an edge runtime sets; a neutral platform looks for no `main` by itself.
    mainFields: ["browser", "module", "main"],
    conditions,
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  return { imports, inputs: Object.keys(metafile.inputs), code: outputFiles.map(({ text }) => text).join("\n") };
}

const entries = ["@litefleet/driver", "@litefleet/driver/web", "@litefleet/driver/http", "@litefleet/driver/ws"];

describe.each(entries)("the bundle of %s", (entry) => {
  it.each(["browser", "neutral"] as const)(
    "imports nothing of Node and nothing native, on platform %s",
    async (platform) => {
      const { imports, inputs, code } = await bundle(entry, platform);
      expect(imports).toEqual([]);
      expect(inputs.filter((path) => path.endsWith(".node") || path.startsWith("node:") || isBuiltin(path))).toEqual(
        [],
      );
      expect(
        inputs.filter((path) =>
          /node_modules\/(?:libsql|@libsql\/(?!core\/|hrana-client\/)|@tursodatabase|ws)\//u.test(path),
        ),
      ).toEqual([]);
      expect(inputs.filter((path) => /\/src\/(?:local|turso|replica)\//u.test(path))).toEqual([]);
      expect(code).not.toMatch(/\brequire\(|\bimport\(|\bfrom\s*["']/u);
    },
  );

  it("runs where there is neither `process` nor `Buffer`", async () => {
    const { code } = await bundle(entry, "neutral");
    const without = `const process = undefined, Buffer = undefined;\n${code}`;
    const module = (await import(`data:text/javascript,${encodeURIComponent(without)}`)) as {
      createClient: typeof createClient;
    };
    const client = module.createClient({ url: entry.endsWith("/ws") ? "ws://localhost:1" : "http://localhost:1" });
    expect(client.closed).toBe(false);
    client.close();
    expect(client.closed).toBe(true);
  });
});

// What the tools for Cloudflare, Vercel and Netlify ask for: the peer's main entry point works there, too.
it.each(["workerd", "edge-light", "netlify"])(
  "the main entry point holds nothing of Node for %s",
  async (condition) => {
    const { imports, inputs } = await bundle("@litefleet/driver", "neutral", [condition]);
    expect(imports).toEqual([]);
    expect(inputs.filter((path) => /\/src\/(?:local|turso|replica)\//u.test(path))).toEqual([]);
  },
);
