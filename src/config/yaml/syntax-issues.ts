import type { LineCounter, YAMLError } from 'yaml';
import type { ConfigIssue } from '../issues/issues.ts';

// The parser's own messages quote the file, and with it a secret that somebody wrote there; so the words are ours.
const messageByCode: Readonly<Record<string, string>> = {
  BAD_INDENT: 'the indentation does not fit, or a bracket is not closed',
  TAB_AS_INDENT: 'a tab is used for indentation; YAML wants spaces',
  MISSING_CHAR: 'a quote, a bracket, a comma or the colon after a key is missing',
  BAD_SCALAR_START: 'a value starts with a reserved character (@ or `); put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a key is inside the value of another; put a value with a colon and a space in quotes',
  MULTILINE_IMPLICIT_KEY: 'a key spans several lines; a colon or a quote may be missing',
  MULTIPLE_DOCS: 'the file contains more than one document (`---`); only one is allowed',
  TAG_RESOLVE_FAILED: 'tags such as `!name` mean nothing here; put the value in quotes if it is meant as text',
  BAD_ALIAS: 'an alias or anchor (`*name`, `&name`) is not valid; put the value in quotes if it is meant as text',
  BAD_DQ_ESCAPE: 'a backslash in double quotes starts no known escape; single quotes keep backslashes as they are',
  NON_STRING_KEY: 'a key must be a plain word',
  UNEXPECTED_TOKEN:
    'YAML expects something else here; look at the indentation, quotes and brackets above, and put a value that starts with `*` or `&` (a schedule) in quotes',
};

/** What the YAML parser found, one issue a line: one mistake often makes it stumble several times. */
export function syntaxIssues(errors: readonly YAMLError[], lineCounter: LineCounter): readonly ConfigIssue[] {
  const issueByLine = new Map<number, ConfigIssue>();
  for (const error of errors) {
    const line = lineCounter.linePos(error.pos[0]).line;
    if (issueByLine.has(line)) continue;
    const message = `not valid YAML: ${messageByCode[error.code] ?? 'it cannot be read from here on'}`;
    issueByLine.set(line, { path: '', line, message, hint: null });
  }
  return [...issueByLine.values()];
}
