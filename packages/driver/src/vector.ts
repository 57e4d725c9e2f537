export { decodeVector, vector } from "./vector/codec.ts";
export type { DecodedVector } from "./vector/codec.ts";
export type { VectorKind } from "./vector/vector-kind.ts";
export { distance, vectorDistance } from "./vector/distance.ts";
export type { VectorMetric } from "./vector/distance.ts";
