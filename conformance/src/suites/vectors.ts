import { decodeVector, vector, vectorDistance } from "@litefleet/driver";
import { expect, it } from "vitest";
import type { SuiteContext } from "../engine-suite.ts";

/** Vectors as arguments, and their distances. */
export function vectors({ open }: SuiteContext): void {
  it.each(["f32", "f64"] as const)("makes the bytes that the engine makes: %s", async (kind) => {
    const numbers = [1, -2.5, 0.1, 1e-20, 3e20];
    const made = kind === "f32" ? "vector32" : "vector64";
    const { rows } = await open().execute(`SELECT ${made}(?) AS v`, [JSON.stringify(numbers)]);
    const blob = rows[0]?.["v"];
    expect(blob).toBeInstanceOf(ArrayBuffer);
    if (!(blob instanceof ArrayBuffer)) return;
    expect(new Uint8Array(blob)).toEqual(vector(numbers, kind));
    expect(decodeVector(blob).kind).toBe(kind);
  });

  it.each(["cosine", "l2"] as const)("finds the nearest by %s", async (metric) => {
    const client = open();
    await client.execute("CREATE TABLE places (name TEXT, position F32_BLOB(3))");
    await client.batch(
      [
        ["INSERT INTO places VALUES (?, ?)", ["near", vector([1, 0.1, 0])]],
        ["INSERT INTO places VALUES (?, ?)", ["far", vector([-1, 0, 0])]],
        ["INSERT INTO places VALUES (?, ?)", ["middle", vector([0, 1, 0])]],
      ],
      "write",
    );
    const nearest = `SELECT name, ${vectorDistance("position", { metric })} AS distance FROM places ORDER BY distance`;
    const { rows } = await client.execute(nearest, [vector([1, 0, 0])]);
    expect(rows.map((row) => row["name"])).toEqual(["near", "middle", "far"]);
    expect(rows[2]?.["distance"]).toBeCloseTo(2, 5);
  });
}
