import { parseEnv } from 'node:util';
import type { ReferenceProblem, VariableLayer } from './variables.ts';

const assignment = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*(.*)$/gm;

/** Variables as Node reads them, and those whose value it cuts short: a secret that lost its end is hard to find. */
export function parseEnvFile(text: string, file: string): VariableLayer {
  const problems: Record<string, ReferenceProblem> = Object.create(null);
  const lines = new RegExp(assignment);
  for (let match = lines.exec(text); match !== null; match = lines.exec(text)) {
    const [whole, name = '', raw = ''] = match;
    const start = match.index + whole.length - raw.length;
    const { problem, end } = /^["'`]/.test(raw) ? quotedProblem(text, start) : { problem: plainProblem(raw), end: 0 };
    lines.lastIndex = Math.max(lines.lastIndex, end);
    // The last assignment of a name is the one that counts.
    delete problems[name];
    if (problem === null) continue;
    const line = text.slice(0, start).split('\n').length;
    problems[name] = {
      message: `the value of ${name} in ${file}, line ${line}, ${problem.message}`,
      hint: problem.hint,
    };
  }
  return { values: parseEnv(text), problems };
}

function plainProblem(raw: string): ReferenceProblem | null {
  const [before = '', ...after] = raw.split('#');
  const isComment = after.length === 0 || /\s$/.test(before) || (before === '' && /^\s/.test(after[0] ?? ''));
  if (isComment) return null;
  return { message: 'ends at its `#`', hint: 'Put the value in quotes; a comment needs a space before its `#`.' };
}

/** A value that starts with a quote may go on over several lines. */
function quotedProblem(text: string, start: number): { readonly problem: ReferenceProblem | null; end: number } {
  const closing = text.indexOf(text.charAt(start), start + 1);
  if (closing === -1) {
    const hint = 'Close the quote, or put a value that starts with a quote in quotes of the other kind.';
    return { problem: { message: 'starts with a quote that is never closed', hint }, end: start };
  }
  const [rest = ''] = text.slice(closing + 1).split(/\r?\n/, 1);
  const hint = 'Put a value with a quote in quotes of another kind: `"`, `\'` or a backtick.';
  const problem = /^\s*(?:$|\s#)/.test(rest) ? null : { message: 'ends at the second of its quotes', hint };
  return { problem, end: closing + 1 + rest.length };
}
