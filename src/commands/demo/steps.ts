import type { RowCounts } from '../../core/model/terms.ts';
import { formatNumber } from '../../lib/format.ts';
import { addPeopleSql, initialPeople } from './warehouse.ts';

/** What a step's report must say; rows that are not named: none. */
export interface StepExpectation {
  readonly rows: Partial<RowCounts>;
  readonly maxRequests: number;
}

export interface DemoStep {
  readonly chapter: string;
  readonly story: string;
  /** What happens in the warehouse before. */
  readonly statements: readonly string[];
  /** Ids of people that the Hub rejects from now on, without naming them. */
  readonly rejectedIds: readonly number[];
  readonly action: 'run' | 'plan';
  readonly sync: 'people' | 'activity';
  readonly listsRejections: boolean;
  readonly expected: StepExpectation;
}

const defaults = { statements: [], rejectedIds: [], action: 'run', sync: 'people', listsRejections: false } as const;

/** Five rows hold no usable e-mail and five come twice: in every run. */
const dirtyRows = { invalid: 5, duplicate: 5 };
const validPeople = initialPeople - 10;
const changedPeople = 60;
const removedPeople = 5;
const newPeople = 250;
const rejectedIds = [3010, 3120, 3121, 3205];
/** One person in three, but two of those left the model. */
const recentlySeenPeople = Math.ceil((initialPeople + newPeople) / 3) - 2;

export const steps: readonly DemoStep[] = [
  {
    ...defaults,
    chapter: 'First sync',
    story: `The warehouse holds ${formatNumber(initialPeople)} rows, the Hub nobody. Two rows have no e-mail and three a malformed one: they fail
validation before anything is sent, each with its reason. Five people occur twice, in upper and lower case:
their first row counts.`,
    listsRejections: true,
    expected: { rows: { read: initialPeople, ...dirtyRows, inserted: validPeople }, maxRequests: 30 },
  },
  {
    ...defaults,
    chapter: 'Nothing changed',
    story: `The warehouse was reloaded: every row was written again, with another loaded_at. No mapped column changed, so
nothing is sent, not a single request.`,
    statements: ['update people set loaded_at = now()'],
    expected: { rows: { read: initialPeople, ...dirtyRows, unchanged: validPeople }, maxRequests: 0 },
  },
  {
    ...defaults,
    chapter: 'Some rows changed',
    story: `Forty people changed their plan, twenty moved, and five left the model. A plan shows what a run would send,
field by field, and sends nothing.`,
    statements: [
      `update people set plan_tier = 'enterprise' where id between 11 and 50`,
      `update people set city = 'Lisbon', country = 'Portugal' where id between 61 and 80`,
      'delete from people where id between 91 and 95',
    ],
    action: 'plan',
    expected: {
      rows: {
        read: initialPeople - removedPeople,
        ...dirtyRows,
        updated: changedPeople,
        unchanged: validPeople - changedPeople - removedPeople,
        removed: removedPeople,
      },
      maxRequests: 0,
    },
  },
  {
    ...defaults,
    chapter: 'Some rows changed',
    story: `The run sends these people and nobody else. The people who left are reported; panelsync never deletes anybody.`,
    expected: {
      rows: {
        read: initialPeople - removedPeople,
        ...dirtyRows,
        updated: changedPeople,
        unchanged: validPeople - changedPeople - removedPeople,
        removed: removedPeople,
      },
      maxRequests: 1,
    },
  },
  {
    ...defaults,
    chapter: 'A poisoned batch',
    story: `${newPeople} people are new. The Hub rejects four of them, and every batch that contains one, without saying which.
panelsync splits such batches until the rejected people are isolated; everybody else is delivered.`,
    statements: [addPeopleSql(initialPeople + 1, initialPeople + newPeople)],
    rejectedIds,
    listsRejections: true,
    expected: {
      rows: {
        read: initialPeople - removedPeople + newPeople,
        ...dirtyRows,
        unchanged: validPeople - removedPeople,
        inserted: newPeople - rejectedIds.length,
        rejected: rejectedIds.length,
        removed: removedPeople,
      },
      maxRequests: 60,
    },
  },
  {
    ...defaults,
    chapter: 'A poisoned batch',
    story: `The next run does not send them again until their row changes or you use panelsync retry.`,
    expected: {
      rows: {
        read: initialPeople - removedPeople + newPeople,
        ...dirtyRows,
        unchanged: validPeople - removedPeople + newPeople - rejectedIds.length,
        skipped: rejectedIds.length,
        removed: removedPeople,
      },
      maxRequests: 0,
    },
  },
  {
    ...defaults,
    chapter: 'Update mode and the people it skips',
    story: `A second sync sends when people were last seen, in update mode: only for people in its snapshot. The snapshot
is still empty, so nobody is sent, and nobody is created by accident. The report says what to do.`,
    sync: 'activity',
    expected: { rows: { read: recentlySeenPeople, skipped: recentlySeenPeople }, maxRequests: 0 },
  },
];
