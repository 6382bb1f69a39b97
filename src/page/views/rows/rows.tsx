/** Lists of rows that belong to a run or a sync: by reason first, then row by row. */

import { useEffect, useState } from 'preact/hooks';
import { apiPath } from '../../api/client.ts';
import type { PersonRow, ReasonCount } from '../../api/documents.ts';
import { useSession } from '../../hooks/session.tsx';
import { usePages } from '../../hooks/use-pages.ts';
import type { Pages } from '../../hooks/use-pages.ts';
import { useResource } from '../../hooks/use-resource.ts';
import { Icon } from '../../parts/icon.tsx';
import { Empty, ErrorNotice, Skeleton } from '../../parts/notices.tsx';
import { Pager, Table } from '../../parts/table.tsx';
import { rowColumns } from './row-columns.tsx';
import type { RowKind } from './row-columns.tsx';
import { ReasonFilter } from './reason-filter.tsx';
import { isInGroup, useReasonGroup } from './reason-group.ts';
import type { ReasonGroup } from './reason-group.ts';

interface RowsProps {
  /** Address of the list in the API. */
  readonly path: string;
  readonly kind: RowKind;
  /** What an empty list means. */
  readonly empty: string;
  readonly version: string | null;
}

const searchDelayMs = 250;

export function Rows(props: RowsProps) {
  const { session } = useSession();
  if (session?.people === 'hidden') return <PeopleHidden />;
  // Shown people are read anew: masked ones stay masked, and are neither searched nor sorted.
  return <VisibleRows key={session?.people} {...props} isShown={session?.people === 'shown'} />;
}

function VisibleRows({ path, kind, empty, version, isShown }: RowsProps & { readonly isShown: boolean }) {
  const group = useReasonGroup();
  const [search, setSearch] = useState('');
  const [sort, setSort] = useState<string | null>(null);
  const query = useDelayed(search.trim(), searchDelayMs);
  const reasons = useResource<readonly ReasonCount[]>(`${path}/reasons`, version);
  const filter = { ...group, q: query };
  const pages = usePages<PersonRow>({ path, parameters: { ...filter, sort }, version });
  const total = query === '' ? totalOf(reasons.data, group) : null;
  return (
    <div class="rows">
      <ReasonFilter reasons={reasons.data} selected={group} />
      <div class="toolbar">
        {isShown ? <SearchField value={search} onInput={setSearch} /> : <MaskedNote />}
        <a class="button" href={apiPath(path, { ...filter, format: 'csv', bom: 'true' })} download={`${kind}.csv`}>
          <Icon name="download" />
          CSV
        </a>
      </div>
      <RowList kind={kind} pages={pages} total={total} sort={sort} onSort={setSort} empty={empty} isShown={isShown} />
    </div>
  );
}

interface RowListProps {
  readonly kind: RowKind;
  readonly pages: Pages<PersonRow>;
  readonly total: number | null;
  readonly sort: string | null;
  readonly onSort: (sort: string) => void;
  readonly empty: string;
  readonly isShown: boolean;
}

function RowList({ kind, pages, total, sort, onSort, empty, isShown }: RowListProps) {
  const { data, error, loading } = pages;
  if (error !== null && data === null) return <ErrorNotice error={error} retry={pages.reload} />;
  if (data === null) return <Skeleton lines={8} label="Reading the rows" />;
  if (data.items.length === 0 && pages.previous === null) return <Empty title={empty} />;
  const columns = rowColumns(kind, isShown);
  return (
    <>
      <Table
        caption={captions[kind]}
        columns={columns}
        items={data.items}
        keyOf={({ key }, at) => `${key} ${at}`}
        sort={sort}
        onSort={onSort}
        busy={loading}
      />
      <Pager pages={pages} total={total} />
    </>
  );
}

const captions: Readonly<Record<RowKind, string>> = {
  rejections: 'Rejected and invalid rows',
  skips: 'Skipped rows',
  duplicates: 'Keys that occur more than once',
  renames: 'People with a new e-mail',
  removed: 'People who left the model',
  deferred: 'Rows left for the next run',
};

function PeopleHidden() {
  return (
    <Empty title="This list names people, so it needs a token.">
      Set <code>server.token</code> and restart the daemon. Without one, the page shows numbers and reasons only.
    </Empty>
  );
}

/** Takes the place of the search. */
function MaskedNote() {
  return (
    <span class="field-note">People are masked, so the list is in no order and cannot be searched by e-mail.</span>
  );
}

function SearchField({ value, onInput }: { readonly value: string; readonly onInput: (text: string) => void }) {
  return (
    <span class="search">
      <Icon name="search" />
      <input
        type="search"
        value={value}
        placeholder="Search by e-mail or key"
        aria-label="Search by e-mail or key"
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </span>
  );
}

function useDelayed(value: string, delayMs: number): string {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setDelayed(value), delayMs);
    return () => window.clearTimeout(timer);
  }, [value, delayMs]);
  return delayed;
}

function totalOf(reasons: readonly ReasonCount[] | null, group: ReasonGroup): number | null {
  if (reasons === null) return null;
  const groups = group.reason === null ? reasons : reasons.filter((reason) => isInGroup(reason, group));
  return groups.reduce((sum, { count }) => sum + count, 0);
}
