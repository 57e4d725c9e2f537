export { decodeVector, vector } from "./vector/codec.ts";
export type { DecodedVector } from "./vector/codec.ts";
export type { VectorKind } from "./vector/vector-kind.ts";
export { distance, distanceFunction, vectorDistance } from "./vector/distance.ts";
export type { VectorMetric } from "./vector/distance.ts";
export { readColumnType as readVectorColumnType, vectorColumn, vectorColumnType } from "./vector/vector-column.ts";
export { createVectorIndex, dropVectorIndex, rebuildVectorIndex, vectorIndexInfo } from "./vector/vector-index.ts";
export type {
  CreateVectorIndexOptions,
  VectorColumnRef,
  VectorIndexInfo,
  VectorIndexRef,
} from "./vector/vector-index.ts";
export { indexSettings as vectorIndexSettings } from "./vector/index-settings.ts";
export type { VectorIndexOptions, VectorIndexPreset } from "./vector/index-settings.ts";
export { vectorSearch } from "./vector/vector-search.ts";
export type { ExplainedSearch, VectorSearchOptions, VectorSearchPlan } from "./vector/vector-search.ts";
export type { VectorMatch } from "./vector/run-search.ts";
export { insertVectors } from "./vector/insert-vectors.ts";
export type { InsertVectorsOptions } from "./vector/insert-vectors.ts";
export type { IndexDuringInsert, InsertVectorsPlan } from "./vector/insert-plan.ts";
export type { VectorRow } from "./vector/row-insert.ts";
export { hybridSearch } from "./vector/hybrid-search.ts";
export type { HybridMatch, HybridSearchOptions } from "./vector/hybrid-search.ts";
