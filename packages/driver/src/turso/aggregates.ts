/** Whether a statement may have an aggregate that meets no row: a cheap look at its text. */
export function aggregates(sql: string): boolean {
  return (
    /\b(count|sum|avg|min|max|total|median|stddev|percentile\w*|\w*group_\w+|\w+_agg)["`\]]?\s*\(/iu.test(sql) &&
    /\b(where|limit|on|having)\b/iu.test(sql)
  );
}
