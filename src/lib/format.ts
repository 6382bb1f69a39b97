/** Figures and times as people read them: one form in every text. */

/** `1,234`, at most three decimals. The tables that `toLocaleString` loads cost a command a tenth of its start. */
export function formatNumber(value: number): string {
  // Whole numbers stay as they are: a thousand times a large one is not exact.
  const rounded = Number.isInteger(value) ? value : Math.round(value * 1000) / 1000;
  const [whole = '', decimals] = String(rounded).split('.');
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
  return decimals === undefined ? grouped : `${grouped}.${decimals}`;
}

/** `1 row`, `2,000 rows`. */
export function pluralize(value: number, singular: string, plural: string = `${singular}s`): string {
  return `${formatNumber(value)} ${value === 1 ? singular : plural}`;
}

/** `1 person`, `2,000 people`. */
export function formatPeople(value: number): string {
  return pluralize(value, 'person', 'people');
}

/** `812 B`, `1.5 kB`, `104 MB`: three digits are enough for people. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  // What would be rounded to 1,000 is one of the next unit.
  for (; value >= 999.5 && unit < units.length - 1; unit += 1) value /= 1000;
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** A moment: `2026-11-23 20:50:07Z`. */
export function formatTimestamp(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

/** A time span: 40 s, 12 min, 3 h 5 min, 26 h, 7 d 2 h. */
export function formatDuration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  if (minutes < 6000) return inTwoUnits(minutes, 60, ['h', 'min']);
  return inTwoUnits(Math.ceil(minutes / 60), 24, ['d', 'h']);
}

function inTwoUnits(value: number, size: number, [larger, smaller]: readonly [string, string]): string {
  const rest = value % size === 0 ? '' : ` ${value % size} ${smaller}`;
  return `${formatNumber(Math.floor(value / size))} ${larger}${rest}`;
}
