/** How the distance of two vectors is measured: 1 − cosine of the angle, or the Euclidean distance. */
export type VectorMetric = "cosine" | "l2";

const functions: Readonly<Record<VectorMetric, string>> = { cosine: "vector_distance_cos", l2: "vector_distance_l2" };

/**
 * The SQL expression for the distance between a column and a parameter, to be used in SELECT and ORDER BY. Pass the vector as the
 * argument with {@link vector}.
 *
 * @param column name of the column, without quotes; it is quoted here. May be qualified as `["table", "column"]`.
 * @param parameter the parameter's text in the statement. Default `?`.
 * @example
 * const nearest = `SELECT name, ${vectorDistance("position")} AS distance FROM cities ORDER BY distance LIMIT 10`;
 * const { rows } = await client.execute(nearest, [vector([0.1, 0.2, 0.9])]);
 */
export function vectorDistance(
  column: string | readonly [table: string, column: string],
  options: { readonly metric?: VectorMetric; readonly parameter?: string } = {},
): string {
  const name = (typeof column === "string" ? [column] : column).map(quoteIdentifier).join(".");
  return `${functions[options.metric ?? "cosine"]}(${name}, ${options.parameter ?? "?"})`;
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
