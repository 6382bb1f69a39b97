/** A model's SQL as Snowflake reads it, made ready to stand inside another statement; places in it stay where they are. */

/** What a semicolon means nothing in: comments (which do not nest), strings with their escapes, names, `$$` quotes. */
const tokens =
  /--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"]|"")*"|\$\$[\s\S]*?(?:\$\$|$)|;|\s+/g;

/**
 * Blanks the semicolons that stand at the end, behind which only comments follow. Others stay: the server is the one to
 * say that there is more than one statement.
 */
export function withoutLastSemicolons(sql: string): string {
  let end: number[] = [];
  let at = 0;
  for (const match of sql.matchAll(tokens)) {
    const [token] = match;
    if (match.index > at || !isTrivial(token)) end = [];
    if (token === ';') end.push(match.index);
    at = match.index + token.length;
  }
  if (at < sql.length) return sql;
  const characters = sql.split('');
  for (const index of end) characters[index] = ' ';
  return characters.join('');
}

function isTrivial(token: string): boolean {
  return /^(?:--|\/\/|\/\*|;|\s)/.test(token);
}
