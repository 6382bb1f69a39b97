import { formatNumber } from '../../../lib/format.ts';
import type { RowCounts } from '../../../core/model/terms.ts';
import { outcomes, sharesOf } from './outcomes.ts';
import type { Outcome } from './outcomes.ts';

const length = 1000;
const minWidth = 6;

/** The rows of a run as one bar, cut by what became of them. */
export function RowBar({ rows, height = 12 }: { readonly rows: RowCounts; readonly height?: number }) {
  const shares = sharesOf(rows, length, minWidth);
  return (
    <svg class="row-bar" viewBox={`0 0 ${length} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <rect class="fill-track" width={length} height={height} />
      {shares.map(({ name, count, start, width }) => (
        <rect key={name} class={`fill-${name}`} x={start} width={width} height={height}>
          <title>{`${formatNumber(count)} ${name}`}</title>
        </rect>
      ))}
    </svg>
  );
}

/** The identity in words: `3,000 read = 2,925 unchanged + 60 updated + …`. Every term has the colour of its share. */
export function RowIdentity({ rows, isPlan = false }: { readonly rows: RowCounts; readonly isPlan?: boolean }) {
  const present = outcomes.filter(({ name }) => rows[name] > 0);
  return (
    <p class="identity">
      <span class="identity-term">
        <b class="number">{formatNumber(rows.read)}</b> read
      </span>
      {present.map(({ name, words, meaning }, at) => (
        <span key={name} class="identity-term" title={meaning}>
          <span class="identity-sign">{at === 0 ? '=' : '+'}</span>
          <span class={`swatch back-${name}`} />
          <b class="number">{formatNumber(rows[name])}</b> {isPlan ? (plannedWords[name] ?? words) : words}
        </span>
      ))}
    </p>
  );
}

/** A plan never says that something was done. */
const plannedWords: Readonly<Partial<Record<Outcome, string>>> = { inserted: 'to insert', updated: 'to update' };
