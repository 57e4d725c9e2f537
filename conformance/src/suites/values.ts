import { expect, it } from "vitest";
import type { Client, InValue, Value } from "@litefleet/driver";
import type { SuiteContext } from "../engine-suite.ts";
import { notUtf8 } from "../engine-table.ts";
import { expectCode, rejection } from "../rejection.ts";

/** What goes in comes out. */
export function values({ name, open }: SuiteContext): void {
  const roundTrip = async (client: Client, value: InValue): Promise<Value | undefined> => {
    await client.execute("CREATE TABLE IF NOT EXISTS v (x)");
    await client.execute("DELETE FROM v");
    await client.execute("INSERT INTO v VALUES (?)", [value]);
    return (await client.execute("SELECT x FROM v")).rows[0]?.[0];
  };

  it.each<[string, InValue, Value]>([
    ["null", null, null],
    ["text", "grüße 🚀", "grüße 🚀"],
    ["empty text", "", ""],
    ["text with a NUL inside", "a\0b", "a\0b"],
    ["an integer", 42, 42],
    ["a negative real", -1.5, -1.5],
    ["a large real", 1e300, 1e300],
    ["true", true, 1],
    ["false", false, 0],
    ["a date", new Date(1_700_000_000_000), 1_700_000_000_000],
    ["a bigint", 7n, 7],
  ])("keeps %s", async (_, value, expected) => {
    expect(await roundTrip(open(), value)).toBe(expected);
  });

  it("binds numbers as reals, bigints and booleans as integers", async () => {
    const { rows } = await open().execute("SELECT typeof(?) AS a, typeof(?) AS b, typeof(?) AS c", [1, 1n, true]);
    expect({ ...rows[0] }).toEqual({ a: "real", b: "integer", c: "integer" });
  });

  it.each([
    ["Uint8Array", new Uint8Array([1, 2, 3])],
    ["ArrayBuffer", new Uint8Array([1, 2, 3]).buffer],
    ["Buffer slice", Buffer.from([0, 1, 2, 3, 4]).subarray(1, 4)],
    ["empty", new Uint8Array(0)],
  ])("gives a blob as an ArrayBuffer of its own: %s", async (_, blob) => {
    const value = await roundTrip(open(), blob);
    expect(value).toBeInstanceOf(ArrayBuffer);
    if (!(value instanceof ArrayBuffer)) return;
    const expected = blob instanceof ArrayBuffer ? new Uint8Array(blob) : Uint8Array.from(blob);
    expect(new Uint8Array(value)).toEqual(expected);
  });

  it("takes a typed array as its bytes", async () => {
    const floats = new Float32Array([1, 2.5]);
    const value = await roundTrip(open(), floats as never);
    expect(value instanceof ArrayBuffer && new Float32Array(value)).toEqual(floats);
  });

  it("goes on after text that is not UTF-8", async () => {
    const client = open();
    const read = client.execute("SELECT CAST(x'61ff62' AS TEXT) AS a");
    const expected = notUtf8[name];
    if (expected === "replaced") expect((await read).rows[0]?.["a"]).toBe("a\uFFFDb");
    else await expectCode(read, expected);
    expect((await client.execute("SELECT 1 AS a")).rows[0]?.["a"]).toBe(1);
  });

  it("keeps integers to the last digit in every intMode", async () => {
    const big = 2n ** 62n + 1n;
    const read = async (intMode: "bigint" | "string" | "auto"): Promise<unknown> => {
      const { rows } = await open({ intMode }).execute("SELECT ? AS big, 5 AS small", [big]);
      return [rows[0]?.["big"], rows[0]?.["small"]];
    };
    expect(await read("bigint")).toEqual([big, 5n]);
    expect(await read("string")).toEqual([big.toString(), "5"]);
    expect(await read("auto")).toEqual([big, 5]);
    expect(await rejection(open().execute("SELECT ?", [big]))).toBeInstanceOf(RangeError);
  });

  it("tells a real beyond 2^53 from an integer", async () => {
    expect((await open().execute("SELECT 1e17 AS r")).rows[0]?.["r"]).toBe(1e17);
  });
}
