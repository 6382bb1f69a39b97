/** Words of PromQL that look like names of metrics. */
const promqlKeywords = new Set(['by', 'without', 'on', 'and', 'or', 'unless', 'ignoring', 'sum', 'min', 'max']);

/** The names of metrics that an expression reads. */
export function metricsIn(expression: string): readonly string[] {
  const stripped = expression
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replaceAll(/\b(by|on|without|ignoring)\s*\([^)]*\)/g, '');
  return [...stripped.matchAll(/[a-z_:][a-z0-9_:]*(?!\w*\()/gi)]
    .map(([name]) => name)
    .filter((name) => !promqlKeywords.has(name) && !/^\d/.test(name));
}

/** Labels that an expression compares, as `metric{label`. */
export function labelsIn(expression: string): readonly string[] {
  return [...expression.matchAll(/([a-z_]+)\{([^}]*)\}/g)].flatMap(([, metric = '', matchers = '']) =>
    [...matchers.matchAll(/([a-z_]+)\s*(?:=~|!=|!~|=)/g)].map(([, label]) => `${metric}{${label}`),
  );
}
