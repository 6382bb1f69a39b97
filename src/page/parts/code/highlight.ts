/** Cuts code into spans by what they are, for colours. Knows as much of SQL and YAML as a reader needs. */

export type SpanKind = 'plain' | 'keyword' | 'string' | 'number' | 'comment' | 'name';

export interface Span {
  readonly kind: SpanKind;
  readonly text: string;
}

const sqlKeywords = new Set(
  `all and any array as asc between both by case cast coalesce cross current_date current_timestamp desc distinct else
  end except exists extract false fetch filter first following from full group grouping having ilike in inner intersect
  interval into is join lateral left like limit materialized natural not null nulls offset on only or order outer over
  partition preceding qualify range recursive right row rows select similar some then ties to true union unnest using
  values when where window with within`.split(/\s+/),
);

const sqlToken =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>'(?:''|[^'])*(?:'|$)|\$(\w*)\$[\s\S]*?(?:\$\3\$|$))|(?<name>"(?:""|[^"])*(?:"|$))|(?<number>\b\d+(?:\.\d+)?\b)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)/gu;

export function highlightSql(sql: string): readonly Span[] {
  return spansOf(sql, sqlToken, ({ word }) =>
    word !== undefined && sqlKeywords.has(word.toLowerCase()) ? 'keyword' : null,
  );
}

const yamlToken =
  /(?<comment>(?<=^|\s)#[^\n]*)|(?<string>"(?:\\.|[^"\\])*"|'(?:''|[^'])*')|(?<keyword>(?<=^[ \t]*(?:- )?|[{,] )[\w.-]+(?=:(?:\s|$)))|(?<number>(?<=[:,[] )-?\d+(?:\.\d+)?(?=\s*(?:[,}\]]|$)))/gmu;

export function highlightYaml(yaml: string): readonly Span[] {
  return spansOf(yaml, yamlToken, () => null);
}

type Groups = Readonly<Record<string, string | undefined>>;

const kinds = ['comment', 'string', 'name', 'number', 'keyword'] as const;

/** Every character comes out in one span, in its place. */
function spansOf(text: string, token: RegExp, classify: (groups: Groups) => SpanKind | null): readonly Span[] {
  const spans: Span[] = [];
  let plainFrom = 0;
  for (const match of text.matchAll(token)) {
    const groups: Groups = match.groups ?? {};
    const kind = kinds.find((name) => groups[name] !== undefined) ?? classify(groups);
    if (kind === null) continue;
    if (match.index > plainFrom) spans.push({ kind: 'plain', text: text.slice(plainFrom, match.index) });
    spans.push({ kind, text: match[0] });
    plainFrom = match.index + match[0].length;
  }
  if (plainFrom < text.length) spans.push({ kind: 'plain', text: text.slice(plainFrom) });
  return spans;
}
