export { decodeVector, vector } from "./vector/codec.ts";
export type { DecodedVector, VectorKind } from "./vector/codec.ts";
export { vectorDistance } from "./vector/distance.ts";
export type { VectorMetric } from "./vector/distance.ts";
