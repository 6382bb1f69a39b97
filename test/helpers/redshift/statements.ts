/** What Redshift refuses of the SQL that Postgres understands, and what only Redshift has. */

interface Rule {
  readonly pattern: RegExp;
  /** The statement that stands in for the one that matches. */
  readonly by: (match: RegExpMatchArray, sql: string) => string;
}

const version =
  'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.115000';

const rules: readonly Rule[] = [
  // A setting of Redshift's; Postgres takes unknown ones only under a prefix.
  { pattern: /\bset query_group\b/, by: (_, sql) => sql.replace('set query_group', 'set panelsync.query_group') },
  { pattern: /\bversion\(\)/, by: (_, sql) => sql.replace('version()', `'${version}'::text`) },
  { pattern: /^\s*copy\b[\s\S]*\bto\s+stdout\b/i, by: () => refusal('42601', 'syntax error at or near "stdout"') },
  {
    pattern:
      /\bset\s+(?:local\s+|session\s+)?(default_transaction_isolation|intervalstyle|bytea_output|lock_timeout|idle_in_transaction_session_timeout|transaction_timeout|client_min_messages)\b/i,
    by: ([, name = '']) => refusal('42704', `unrecognized configuration parameter "${name}"`),
  },
  {
    pattern: /\b(pg_is_in_recovery|hashtextextended|hashtext|format_type|convert_to|to_regclass)\(/i,
    by: ([, name = '']) => refusal('42883', `function ${name}() does not exist`),
  },
  { pattern: /\btypcategory\b/i, by: () => refusal('42703', 'column "typcategory" does not exist') },
  {
    pattern: /^\s*fetch\s+(?:forward\s+)?(all|\d+)/i,
    by: ([, count = ''], sql) =>
      Number(count) <= 1000
        ? sql
        : refusal('XX000', `Fetch size ${count} exceeds the limit of 1000 for a single node configuration.`),
  },
];

/** The statement that Postgres runs in the place of one for Redshift. */
export function rewriteStatement(sql: string): string {
  return rules.reduce((text, { pattern, by }) => {
    const match = pattern.exec(text);
    return match === null ? text : by(match, text);
  }, sql);
}

/** Fails on Postgres as the statement would on Redshift. */
function refusal(code: string, message: string): string {
  return `do $$ begin raise exception using errcode = '${code}', message = '${message.replaceAll("'", "''")}'; end $$`;
}
