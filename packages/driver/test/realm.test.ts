import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { localEngines, openFile, scratchFile } from "./local-fixture.ts";

// A test runner may run a program in a `vm` context, whose built-in classes are not those of Node's own modules.
describe.each(localEngines)("values of another realm on %s", (engine) => {
  it.each([
    ["a Date", "new Date(1500)", 1_500],
    ["an ArrayBuffer", "new Uint8Array([1, 2]).buffer", new Uint8Array([1, 2]).buffer],
    ["a Uint8Array", "new Uint8Array([0, 1, 2]).subarray(1)", new Uint8Array([1, 2]).buffer],
    ["a Float32Array", "new Float32Array([1])", new Float32Array([1]).buffer],
    ["an array", "['x']", "x"],
  ])("are arguments like any other: %s", async (_, code, stored) => {
    const client = openFile(scratchFile(), { engine });
    const made: unknown = runInNewContext(code);
    const args = Array.isArray(made) ? made : [made];
    const { rows } = await client.execute("SELECT ? AS value", args as []);
    expect(rows[0]?.["value"]).toEqual(stored);
  });

  it("are refused like any other", async () => {
    const client = openFile(scratchFile(), { engine });
    await expect(client.execute("SELECT ?", [runInNewContext("new Date(NaN)") as Date])).rejects.toThrow(RangeError);
    await expect(client.execute("SELECT ?", runInNewContext("new ArrayBuffer(2)") as [])).rejects.toThrow(TypeError);
    for (const fake of ["{ [Symbol.toStringTag]: 'Date' }", "{ [Symbol.toStringTag]: 'ArrayBuffer' }"]) {
      await expect(client.execute("SELECT ?", [runInNewContext(`(${fake})`) as Date])).rejects.toThrow(TypeError);
    }
  });
});
