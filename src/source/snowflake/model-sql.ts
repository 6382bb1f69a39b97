/** Makes a model's SQL, as Snowflake reads it, fit inside another statement; positions in it stay the same. */

/** Where a semicolon has no meaning: comments (which do not nest), strings with their escapes, names, `$$` quotes. */
const tokenPattern =
  /--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"]|"")*"|\$\$[\s\S]*?(?:\$\$|$)|;|\s+/g;

/**
 * Blanks the semicolons at the end, after which only comments follow. Others stay, so that the server reports more than
 * one statement.
 */
export function blankTrailingSemicolons(sql: string): string {
  let trailing: number[] = [];
  let offset = 0;
  for (const match of sql.matchAll(tokenPattern)) {
    const [token] = match;
    if (match.index > offset || !isTrivial(token)) trailing = [];
    if (token === ';') trailing.push(match.index);
    offset = match.index + token.length;
  }
  if (offset < sql.length) return sql;
  const characters = sql.split('');
  for (const index of trailing) characters[index] = ' ';
  return characters.join('');
}

function isTrivial(token: string): boolean {
  return /^(?:--|\/\/|\/\*|;|\s)/.test(token);
}
