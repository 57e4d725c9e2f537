const target = /^(?:UPDATE|DELETE FROM) `main`\.`[^`]+`/;

/**
 * Prisma's UPDATE or DELETE with the name of its table in small letters. Turso Database 0.7 compares that name as it is
 * written with the names before columns, which it has turned into small letters, and so finds no table `Author`.
 */
export function lowerCasedTarget(sql: string): string {
  return sql.replace(target, (found) => found.replace(/`[^`]+`$/, (name) => name.toLowerCase()));
}
