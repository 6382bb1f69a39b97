/** Code to read: SQL of models and YAML of configurations, with colours. */

import { highlightSql, highlightYaml } from './highlight.ts';

export function Code({
  text,
  language,
  label,
}: {
  readonly text: string;
  readonly language: 'sql' | 'yaml';
  readonly label: string;
}) {
  const spans = language === 'sql' ? highlightSql(text) : highlightYaml(text);
  return (
    <pre class="code" tabIndex={0} role="region" aria-label={label}>
      <code>
        {spans.map(({ kind, text: part }, at) =>
          kind === 'plain' ? (
            part
          ) : (
            <span key={at} class={`code-${kind}`}>
              {part}
            </span>
          ),
        )}
      </code>
    </pre>
  );
}
