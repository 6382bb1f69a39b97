import type { RunReport } from '../../../core/model/terms.ts';
import { setQuery, useLocation } from '../../hooks/router.ts';
import { Tabs } from '../../parts/tabs.tsx';
import type { Tab } from '../../parts/tabs.tsx';
import type { RowKind } from '../rows/row-columns.tsx';
import { Rows } from '../rows/rows.tsx';
import { Batches } from './batches.tsx';

interface RunTabsProps {
  readonly run: RunReport;
  readonly path: string;
  readonly version: string;
}

const empty: Readonly<Record<RowKind, string>> = {
  rejections: 'No row was refused.',
  skips: 'No row was skipped.',
  duplicates: 'No key occurs more than once.',
  renames: 'Nobody has a new e-mail.',
  removed: 'Nobody left the model.',
  deferred: 'No row was left for the next run.',
};

/** The batches, and the rows that were not delivered, each list with its reasons. */
export function RunTabs({ run, path, version }: RunTabsProps) {
  const { rows } = run;
  const tabs: readonly Tab[] = [
    { id: 'rejections', title: 'Rejected and invalid', count: rows.rejected + rows.invalid },
    { id: 'batches', title: 'Batches' },
    { id: 'skips', title: 'Skipped', count: rows.skipped },
    { id: 'duplicates', title: 'Duplicates', count: rows.duplicate },
    { id: 'renames', title: 'Renamed', count: run.renamed },
    { id: 'removed', title: 'Removed', count: rows.removed },
    { id: 'deferred', title: 'Deferred', count: rows.unsent },
  ];
  const selected = useLocation().query.get('tab') ?? (rows.rejected + rows.invalid > 0 ? 'rejections' : 'batches');
  const select = (tab: string): void => {
    setQuery({ tab, reason: null, field: null, message: null });
  };
  return (
    <Tabs label="Details of the run" tabs={tabs} selected={selected} onSelect={select}>
      {selected === 'batches' ? <Batches path={path} version={version} /> : null}
      {isRowKind(selected) ? (
        <Rows
          key={selected}
          path={`${path}/${selected}`}
          kind={selected}
          empty={empty[selected]}
          version={run.status}
        />
      ) : null}
    </Tabs>
  );
}

function isRowKind(tab: string): tab is RowKind {
  return Object.hasOwn(empty, tab);
}
