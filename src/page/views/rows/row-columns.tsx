import type { PersonRow } from '../../api/documents.ts';
import { describeReasonCode } from '../../parts/reason-words.ts';
import type { Column } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { personAddress } from '../../shell/addresses.ts';

export type RowKind = 'rejections' | 'skips' | 'duplicates' | 'renames' | 'removed' | 'deferred';

/** What the lists show of a row. Masked e-mails lead nowhere and have no order: nobody can be looked up by one. */
export function rowColumns(kind: RowKind, isShown: boolean): readonly Column<PersonRow>[] {
  const link = (name: string) => (isShown ? <a href={personAddress(name)}>{name}</a> : name);
  const linkOrNothing = (name: string | null | undefined) => (name == null ? '' : link(name));
  const person: Column<PersonRow> = {
    title: 'Person',
    ...(isShown ? { sort: 'key' } : {}),
    cell: ({ email, key }) => link(email ?? key),
  };
  switch (kind) {
    case 'rejections':
      return [person, ...rejectionColumns];
    case 'skips':
      return [person, reasonColumn];
    case 'duplicates':
      return [person, { title: 'Rows', sort: 'rows', isNumber: true, cell: ({ rows }) => rows }];
    case 'renames':
      return [
        person,
        { title: 'Known before as', cell: ({ previousEmail }) => linkOrNothing(previousEmail) },
        reasonColumn,
        { title: 'At', sort: 'at', cell: ({ at = null }) => (at === null ? '' : <When at={at} />) },
      ];
    case 'removed':
      return [
        person,
        reasonColumn,
        { title: 'New e-mail', cell: ({ renamedTo }) => linkOrNothing(renamedTo) },
        sinceColumn,
      ];
    case 'deferred':
      return [person, ...deferredColumns];
  }
}

const reasonColumn: Column<PersonRow> = {
  title: 'Reason',
  sort: 'reason',
  cell: ({ reason }) => describeReasonCode(reason ?? ''),
};

const sinceColumn: Column<PersonRow> = {
  title: 'Since',
  sort: 'since',
  cell: ({ since = null }) => (since === null ? '' : <When at={since} />),
};

const deferredColumns: readonly Column<PersonRow>[] = [
  { title: 'Change', sort: 'operation', cell: ({ operation }) => operation },
  reasonColumn,
  { title: 'Batch', isNumber: true, isMinor: true, cell: ({ batch }) => batch },
  { title: 'The Hub answered', cell: ({ message }) => message },
];

const rejectionColumns: readonly Column<PersonRow>[] = [
  {
    title: 'Field',
    sort: 'field',
    cell: ({ field }) => (field === null || field === undefined ? '' : <code>{field}</code>),
  },
  { title: 'Problem', cell: ({ message }) => message },
  { title: 'Refused by', cell: ({ by }) => (by === 'destination' ? 'the Hub' : 'panelsync') },
  {
    title: 'First seen',
    sort: 'firstSeen',
    isMinor: true,
    cell: ({ firstSeenAt }) => (firstSeenAt === undefined ? '' : <When at={firstSeenAt} />),
  },
  { title: 'Attempts', sort: 'attempts', isNumber: true, isMinor: true, cell: ({ attempts }) => attempts },
];
