import type { InValue } from "@litefleet/driver";

/**
 * Makes sure, before anything runs, that every parameter of a query is of a kind that the driver can store.
 *
 * @throws {TypeError} that names the parameter by its number, from 1, and says what to write instead.
 */
export function checkParameters(parameters: readonly unknown[]): asserts parameters is InValue[] {
  for (let i = 0; i < parameters.length; i += 1) {
    const value = parameters[i];
    switch (typeof value) {
      case "string":
      case "number":
      case "bigint":
      case "boolean":
        break;
      case "undefined":
        throw new TypeError(
          `Parameter ${i + 1} of the query is undefined: pass null, or leave the column or condition out of the query`,
        );
      case "object":
        checkObject(value, i + 1);
        break;
      case "function":
      case "symbol":
        throw new TypeError(`Parameter ${i + 1} of the query is a ${typeof value}, which a database cannot store`);
    }
  }
}

function checkObject(value: object | null, position: number): void {
  if (value === null || value instanceof Date || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return;
  if (Array.isArray(value)) {
    throw new TypeError(
      `Parameter ${position} of the query is an array: store it as JSON.stringify(…), a vector as a Float32Array, and compare with several values by "in"`,
    );
  }
  const name = value.constructor?.name ?? "object";
  throw new TypeError(
    `Parameter ${position} of the query is a value of type ${name}: convert it first, for example with JSON.stringify(…)`,
  );
}
