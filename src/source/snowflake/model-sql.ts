/** A model's SQL as Snowflake reads it, made ready to stand inside another statement; places in it stay where they are. */

/** What a semicolon means nothing in: comments (which do not nest), strings with their escapes, names, `$$` quotes. */
const tokenPattern =
  /--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"]|"")*"|\$\$[\s\S]*?(?:\$\$|$)|;|\s+/g;

/**
 * Blanks the semicolons that stand at the end, behind which only comments follow. Others stay: the server is the one to
 * say that there is more than one statement.
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
