/** A scrape in Prometheus' text format, as values by series, such as `panelsync_runs_total{sync="panel",status="failed"}`. */
export function seriesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Names of metrics with their types, as the scrape declares them. */
export function metricTypes(text: string): ReadonlyMap<string, string> {
  const declared = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Map(declared.map(([, name = '', type = '']) => [name, type]));
}

/** Only the series that start so. */
export function seriesWithPrefix(
  series: ReadonlyMap<string, number>,
  prefix: string,
): Readonly<Record<string, number>> {
  return Object.fromEntries([...series].filter(([name]) => name.startsWith(prefix)));
}
