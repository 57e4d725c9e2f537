export { splitStatements } from "./sql/split.ts";
export type { SqlSlice } from "./sql/split.ts";
export { parseStatement } from "./sql/parse.ts";
export type { ParsedStatement, StatementKind } from "./sql/parse.ts";
export { nextToken } from "./sql/tokenize.ts";
export type { Token, TokenKind } from "./sql/tokenize.ts";
