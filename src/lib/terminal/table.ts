import CliTable from 'cli-table3';
import { visibleWidth } from './layout.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly align?: 'left' | 'right';
  /** What becomes of it where the terminal is too narrow: it is left out, or its cells take several lines. */
  readonly whenNarrow?: 'omit' | 'wrap';
}

export interface TableLayout {
  /** Cells of a line; `null`: as many as it takes. */
  readonly width: number | null;
  readonly dim: (text: string) => string;
}

/** A wrapped column has at least so many cells; below that each row becomes a block of lines. */
const minWrapWidth = 20;
const gapWidth = 2;

/** Columns set off by blanks: easy to read, and easy to cut up by other programs. */
export function formatTable(columns: readonly Column[], rows: readonly Row[], { width, dim }: TableLayout): string {
  const natural = render(columns, rows, dim);
  if (width === null || fits(natural, width)) return natural;
  const { kept, omitted } = omitColumns(columns, rows, width);
  const keptColumns = kept.flatMap((index) => columns[index] ?? []);
  const keptRows = rows.map((row) => kept.map((index) => row[index] ?? ''));
  const note = omitted.length === 0 ? '' : `\n${dim(`Left out on a narrow terminal: ${omitted.join(', ')}.`)}`;
  const narrower = render(keptColumns, keptRows, dim);
  if (fits(narrower, width)) return narrower + note;
  return (renderWrapped(keptColumns, keptRows, { width, dim }) ?? renderBlocks(columns, rows, dim)) + note;
}

type Row = readonly string[];

function fits(text: string, width: number): boolean {
  return text.split('\n').every((line) => visibleWidth(line) <= width);
}

/** Leaves columns out, the last one first, until the rest fits or no other may go. */
function omitColumns(
  columns: readonly Column[],
  rows: readonly Row[],
  width: number,
): { readonly kept: readonly number[]; readonly omitted: readonly string[] } {
  const widths = columns.map(({ title }, index) => columnWidth(title, rows, index));
  const omitted = new Set<number>();
  const used = (): number =>
    widths.reduce(
      (sum, cells, index) => sum + (omitted.has(index) ? 0 : minWidth(columns[index], cells) + gapWidth),
      -gapWidth,
    );
  for (let index = columns.length - 1; index >= 0 && used() > width; index -= 1) {
    if (columns[index]?.whenNarrow === 'omit') omitted.add(index);
  }
  return {
    kept: columns.flatMap((_, index) => (omitted.has(index) ? [] : [index])),
    omitted: columns.flatMap(({ title }, index) => (omitted.has(index) ? [title] : [])),
  };
}

function minWidth(column: Column | undefined, cells: number): number {
  return column?.whenNarrow === 'wrap' ? Math.min(cells, minWrapWidth) : cells;
}

function columnWidth(title: string, rows: readonly Row[], index: number): number {
  return Math.max(visibleWidth(title), ...rows.map((row) => visibleWidth(row[index] ?? '')));
}

/** The column that may be wrapped gets what the others leave; `null` where that is too little. */
function renderWrapped(
  columns: readonly Column[],
  rows: readonly Row[],
  { width, dim }: { readonly width: number; readonly dim: TableLayout['dim'] },
): string | null {
  const wrapped = columns.findIndex(({ whenNarrow }) => whenNarrow === 'wrap');
  if (wrapped < 0) return null;
  const others = columns.reduce(
    (sum, { title }, index) => sum + (index === wrapped ? 0 : columnWidth(title, rows, index) + gapWidth),
    0,
  );
  const cells = width - others;
  return cells < minWrapWidth
    ? null
    : render(
        columns,
        rows,
        dim,
        columns.map((_, index) => (index === wrapped ? cells : null)),
      );
}

/** A block of lines for each row: title and value. */
function renderBlocks(columns: readonly Column[], rows: readonly Row[], dim: TableLayout['dim']): string {
  const titleWidth = Math.max(...columns.map(({ title }) => visibleWidth(title)));
  return rows
    .map((row) =>
      columns
        .flatMap(({ title }, index) => {
          const value = row[index] ?? '';
          return value === '' ? [] : [`${dim(title.padEnd(titleWidth))}  ${value}`];
        })
        .join('\n'),
    )
    .join('\n\n');
}

function render(
  columns: readonly Column[],
  rows: readonly Row[],
  dim: TableLayout['dim'],
  widths: readonly (number | null)[] = [],
): string {
  const hasTitles = columns.some(({ title }) => title !== '');
  const table = new CliTable({
    head: hasTitles ? columns.map(({ title }) => dim(title)) : [],
    chars: Object.fromEntries(edges.map((edge) => [edge, edge === 'middle' ? ' '.repeat(gapWidth) : ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    colAligns: columns.map(({ align = 'left' }) => align),
    colWidths: [...widths],
    wordWrap: widths.length > 0,
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().replace(/ +$/gm, '');
}

const edges = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
  'middle',
] as const;
