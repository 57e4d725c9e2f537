import { decodeVector, vector, vectorColumnType, type VectorKind } from "@litefleet/driver/vector";

/** Which JavaScript value a column's vectors are read as. */
export type VectorMode = "array" | "float32";

/** What a vector column may be given and gives: either kind where `mode` does not say which. */
export type VectorData<TMode extends VectorMode | undefined = undefined> = TMode extends "array"
  ? number[]
  : TMode extends "float32"
    ? Float32Array
    : number[] | Float32Array;

/** Options of a vector column. */
export interface VectorColumnOptions<TMode extends VectorMode | undefined = undefined> {
  /** How many elements its vectors have, 1 to 65,536. */
  readonly dimensions: number;
  /** What is read, and typed: `"array"` (default) or `"float32"`. Without it both may be written. */
  readonly mode?: TMode;
}

/** How the values of a column are written and read. */
export interface VectorCodec<TData> {
  readonly columnType: string;
  /** @throws {RangeError} for another number of elements, or ones that are not finite; {@link TypeError} for no vector. */
  encode(this: void, value: TData): Uint8Array;
  /** @throws {TypeError} or {@link RangeError} for what is stored there and is no vector. */
  decode(this: void, value: unknown): TData;
}

/** @throws {TypeError} or {@link RangeError} for options that cannot be. */
export function vectorCodec<TMode extends VectorMode | undefined>(
  kind: VectorKind,
  options: VectorColumnOptions<TMode>,
): VectorCodec<VectorData<TMode>> {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("A vector column needs options with `dimensions`");
  }
  const { dimensions, mode } = options;
  if (mode !== undefined && mode !== "array" && mode !== "float32") {
    throw new RangeError(`Unknown mode ${JSON.stringify(mode)} of a vector column; known are "array" and "float32"`);
  }
  return {
    columnType: vectorColumnType(dimensions, kind),
    encode: (value) => vector(value, kind, dimensions),
    decode: (value) => {
      const { values } = decodeVector(toBytes(value));
      // The type follows the mode, which the compiler cannot see here.
      return (mode === "float32" ? Float32Array.from(values) : Array.from(values)) as VectorData<TMode>;
    },
  };
}

/** Bytes, or what `hex()` made of them: JSON has no bytes. */
function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (typeof value === "string" && /^(?:[\da-f]{2})+$/iu.test(value)) return Buffer.from(value, "hex");
  throw new TypeError("What is stored in the column is no vector; write it through the column, or by vector()");
}
