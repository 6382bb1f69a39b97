import type { ComponentChildren } from 'preact';
import { formatNumber } from '../../lib/format.ts';
import type { Pages } from '../hooks/use-pages.ts';
import { Icon } from './icon.tsx';

export interface Column<Item> {
  readonly title: string;
  readonly cell: (item: Item) => ComponentChildren;
  /** Right-aligned, with figures of one width. */
  readonly isNumber?: boolean;
  /** The name by which the API sorts; left out where it does not. */
  readonly sort?: string;
  /** Where there is little room, the table goes without. */
  readonly isMinor?: boolean;
}

interface TableProps<Item> {
  readonly caption: string;
  readonly columns: readonly Column<Item>[];
  readonly items: readonly Item[];
  readonly keyOf: (item: Item, at: number) => string;
  /** `name`, or `-name` for descending. */
  readonly sort?: string | null;
  readonly onSort?: (sort: string) => void;
  readonly busy?: boolean;
}

export function Table<Item>({ caption, columns, items, keyOf, sort = null, onSort, busy = false }: TableProps<Item>) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={caption}>
      <table aria-busy={busy}>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.title} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item, at) => (
            <tr key={keyOf(item, at)}>
              {columns.map((column) => (
                <td key={column.title} class={classOf(column)}>
                  {column.cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadingProps<Item> {
  readonly column: Column<Item>;
  readonly sort: string | null;
  readonly onSort: ((sort: string) => void) | undefined;
}

function Heading<Item>({ column, sort, onSort }: HeadingProps<Item>) {
  const { title, sort: name } = column;
  if (name === undefined || onSort === undefined) {
    return (
      <th scope="col" class={classOf(column)}>
        {title}
      </th>
    );
  }
  const direction = sort === name ? 'ascending' : sort === `-${name}` ? 'descending' : 'none';
  return (
    <th scope="col" class={classOf(column)} aria-sort={direction}>
      <button type="button" class="sort" onClick={() => onSort(direction === 'ascending' ? `-${name}` : name)}>
        {title}
        <span class="sort-mark" aria-hidden="true">
          {direction === 'ascending' ? '↑' : direction === 'descending' ? '↓' : '↕'}
        </span>
      </button>
    </th>
  );
}

function classOf<Item>({ isNumber = false, isMinor = false }: Column<Item>): string {
  return [isNumber ? 'number cell-number' : '', isMinor ? 'cell-minor' : ''].join(' ').trim();
}

/** Leads to the pages before and after; `total` where it is known. */
export function Pager<Item>({ pages, total = null }: { readonly pages: Pages<Item>; readonly total?: number | null }) {
  const { offset, next, previous, data } = pages;
  const count = data?.items.length ?? 0;
  // Also while another page is read, so that nothing below moves.
  if (count === 0 || (offset === 0 && data?.nextCursor === null)) return null;
  const range = `${formatNumber(offset + 1)} to ${formatNumber(offset + count)}`;
  return (
    <nav class="pager" aria-label="Pages">
      <button type="button" class="button" disabled={previous === null} onClick={() => previous?.()}>
        <Icon name="left" />
        Previous
      </button>
      <button type="button" class="button" disabled={next === null} onClick={() => next?.()}>
        Next
        <Icon name="right" />
      </button>
      <span class="number" role="status">
        {total === null ? `Rows ${range}` : `Rows ${range} of ${formatNumber(total)}`}
      </span>
    </nav>
  );
}
