/** The words that texts of the project avoid, each with the term to use instead. */

export interface BannedWord {
  readonly pattern: RegExp;
  readonly term: string;
  /** Files where the word has another meaning. */
  readonly except?: RegExp;
}

export interface TextSpan {
  readonly line: number;
  readonly text: string;
}

export const bannedWords: readonly BannedWord[] = [
  {
    pattern: /\bfault(s|y|less)?\b/i,
    term: 'issue (configuration), validation error (row), error, failure',
    // Injected by the simulator and by tests.
    except: /^(src\/simulator|test)\//,
  },
  { pattern: /\btold\b|\btells? of\b/i, term: 'reports, says, shows, logs' },
  { pattern: /\bwhom\b|\bwhosever\b/i, term: 'who, which people, a shorter sentence' },
  { pattern: /\bthere is nothing to\b/i, term: 'no … to' },
  { pattern: /\bthe way into\b|\blifts that\b|\bwith who and why\b/i, term: 'the plain verb' },
  { pattern: /\bma(ke|kes|king|de) known\b/i, term: 'import' },
  { pattern: /\b(is|are) sound\b/i, term: 'is valid' },
  { pattern: /\bfarewell\b/i, term: 'shutdown, grace period' },
  { pattern: /\bhomeless\b/i, term: 'unattributed' },
  { pattern: /\bonce more all the same\b/i, term: 'again' },
  { pattern: /\bdoubt(s|ed|ful)?\b/i, term: 'unknown outcome' },
  { pattern: /\bheld[ -]?back\b/i, term: 'deferred' },
  { pattern: /\bwithh(eld|old|olds|olding)\b/i, term: 'suppressed' },
  { pattern: /\bpace[drs]?\b|\bpacing\b/i, term: 'rate limit, rate limiter' },
  { pattern: /\bslots?\b/i, term: 'scheduled time' },
  { pattern: /\bkeeper\b/i, term: 'scheduler' },
  { pattern: /\bdesk\b/i, term: 'batch sender' },
  { pattern: /\bretall(y|ied|ies)\b/i, term: 'recompute counts' },
  { pattern: /\bsealed\b|\bseals?\b/i, term: 'checksummed, checksum' },
  { pattern: /\bkept plans?\b/i, term: 'saved plan' },
  { pattern: /\b(dis)?proven\b/i, term: 'contract check passed, verified' },
  { pattern: /\bsuspects\b/i, term: 'previously rejected rows' },
];

/** Names in documents and metrics that users rely on: written as code, and left alone. */
export const contractNames: readonly RegExp[] = [
  /\bpanelsync_people_withheld\b/g,
  // Where the simulator takes failures to inject.
  /\/faults\b/g,
  // The same where a document is taken apart.
  /\bfaults(?=:)/g,
  // `status` of `check --json`; `event` and members of `explain --json`, `rejections --json` and `verify --json`.
  /(?<=['"`])(fault|faults|withheld)(?=['"`])|\bas faults\b/g,
];

/** The texts of a TypeScript file that people read: comments and string literals, by the line they stand on. */
export function textsOf(source: string): readonly TextSpan[] {
  const spans: TextSpan[] = [];
  scan(source, 0, (start, end) => {
    const line = source.slice(0, start).split('\n').length;
    const lines = source.slice(start, end).split('\n');
    spans.push(...lines.map((text, at) => ({ line: line + at, text })));
  });
  return spans.toSorted((a, b) => a.line - b.line);
}

/** Each banned word as `path:line "word": write …`. */
export function vocabularyIssues(path: string, texts: readonly TextSpan[]): readonly string[] {
  return texts.flatMap(({ line, text }) => {
    const own = contractNames.reduce((rest, name) => rest.replaceAll(name, ''), text);
    return bannedWords.flatMap(({ pattern, term, except }) => {
      const found = except?.test(path) === true ? null : pattern.exec(own);
      return found === null ? [] : [`${path}:${line} "${found[0]}": write ${term}`];
    });
  });
}

/** Walks code from `at` to its end, or behind the brace that closes it, and reports each text. */
function scan(source: string, at: number, report: (start: number, end: number) => void, nested = false): number {
  let depth = 0;
  for (let index = at; index < source.length;) {
    token.lastIndex = index;
    const match = token.exec(source);
    const [text = '', comment, string, regex] = match ?? [];
    if (comment !== undefined || (string !== undefined && !isImport(source, index))) report(index, index + text.length);
    if (match !== null && (regex === undefined || isRegexPosition(source, index))) index += text.length;
    else if (source[index] === '`') index = scanTemplate(source, index + 1, report);
    else {
      if (source[index] === '{') depth += 1;
      if (source[index] === '}') depth -= 1;
      index += 1;
      if (nested && depth < 0) return index;
    }
  }
  return source.length;
}

/** Walks a template from its first character; expressions in it are code. Returns the index behind it. */
function scanTemplate(source: string, at: number, report: (start: number, end: number) => void): number {
  let start = at;
  for (let index = at; index < source.length;) {
    if (source[index] === '`' || source.startsWith('${', index)) report(start, index);
    if (source[index] === '`') return index + 1;
    if (source.startsWith('${', index)) start = index = scan(source, index + 2, report, true);
    else index += source[index] === '\\' ? 2 : 1;
  }
  return source.length;
}

/** A comment, a string, or what may be a regular expression. */
const token =
  /(\/\*[\s\S]*?\*\/|\/\/[^\n]*)|('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|(\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*)/y;

/** A slash divides behind a value, and begins a regular expression anywhere else. */
function isRegexPosition(source: string, index: number): boolean {
  return /(^|[=(,:[!&|?{};+>]|\breturn)\s*$/.test(source.slice(Math.max(0, index - 40), index));
}

function isImport(source: string, index: number): boolean {
  const start = source.lastIndexOf('\n', index) + 1;
  return /(^import\b|\bfrom|\bimport\() ?$/.test(source.slice(start, index));
}
