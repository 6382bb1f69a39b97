/** Makes a model's SQL fit inside another statement; positions in the text stay the same. */

/** Where semicolons have no meaning: comments, strings, quoted names and dollar quotes, as Postgres reads them. */
const tokenPattern =
  /--[^\n]*|\/\*|[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$|;|[\w$]+/gs;

/** Blanks the semicolons that end the statement. Whether there is only one statement, the server decides before. */
export function blankSemicolons(sql: string): string {
  let result = '';
  let offset = 0;
  tokenPattern.lastIndex = 0;
  for (let match = tokenPattern.exec(sql); match !== null; match = tokenPattern.exec(sql)) {
    const end = tokenEnd(sql, match);
    result += sql.slice(offset, match.index) + (match[0] === ';' ? ' ' : sql.slice(match.index, end));
    offset = end;
    tokenPattern.lastIndex = end;
  }
  return result + sql.slice(offset);
}

function tokenEnd(sql: string, match: RegExpExecArray): number {
  const [token] = match;
  const end = match.index + token.length;
  if (token === '/*') return commentEnd(sql, end);
  if (!token.startsWith('$') || !token.endsWith('$') || token.length < 2) return end;
  const closeIndex = sql.indexOf(token, end);
  return closeIndex < 0 ? sql.length : closeIndex + token.length;
}

/** Postgres' comments nest. */
function commentEnd(sql: string, start: number): number {
  const commentMarkers = /\/\*|\*\//g;
  commentMarkers.lastIndex = start;
  let depth = 1;
  for (let marker = commentMarkers.exec(sql); marker !== null; marker = commentMarkers.exec(sql)) {
    depth += marker[0] === '/*' ? 1 : -1;
    if (depth === 0) return commentMarkers.lastIndex;
  }
  return sql.length;
}

/** Line and column, from 1, of an offset in a text, from 0. */
export function lineAndColumn(sql: string, offset: number): { readonly line: number; readonly column: number } {
  const linesBefore = sql.slice(0, Math.max(offset, 0)).split('\n');
  return { line: linesBefore.length, column: (linesBefore.at(-1)?.length ?? 0) + 1 };
}
