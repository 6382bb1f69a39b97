/** A model's SQL made ready to stand inside another statement; places in the text stay where they are. */

/** What semicolons mean nothing in: comments, strings, quoted names and dollar quotes, as Postgres reads them. */
const opaque =
  /--[^\n]*|\/\*|[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$|;|[\w$]+/gs;

/**
 * Blanks the semicolons that end the statement. Whether there is one statement only is the server's to judge, before
 * this text is used.
 */
export function withoutSemicolons(sql: string): string {
  let out = '';
  let at = 0;
  opaque.lastIndex = 0;
  for (let match = opaque.exec(sql); match !== null; match = opaque.exec(sql)) {
    const end = endOf(sql, match);
    out += sql.slice(at, match.index) + (match[0] === ';' ? ' ' : sql.slice(match.index, end));
    at = end;
    opaque.lastIndex = end;
  }
  return out + sql.slice(at);
}

function endOf(sql: string, match: RegExpExecArray): number {
  const [token] = match;
  const after = match.index + token.length;
  if (token === '/*') return commentEnd(sql, after);
  if (!token.startsWith('$') || !token.endsWith('$') || token.length < 2) return after;
  const close = sql.indexOf(token, after);
  return close < 0 ? sql.length : close + token.length;
}

/** Postgres' comments nest. */
function commentEnd(sql: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 1;
  for (let mark = marks.exec(sql); mark !== null; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}

/** Line and column, from 1, of a place in a text, from 0. */
export function placeOf(sql: string, offset: number): { readonly line: number; readonly column: number } {
  const before = sql.slice(0, Math.max(offset, 0)).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
