import type { RowCounts } from '../../core/model/terms.ts';
import { addPeople, peopleAtFirst } from './warehouse.ts';

/** What a step's report must say; rows that are not named: none. */
export interface Expectation {
  readonly rows: Partial<RowCounts>;
  readonly mostRequests: number;
}

export interface Step {
  readonly chapter: string;
  readonly story: string;
  /** What happens in the warehouse before. */
  readonly statements: readonly string[];
  /** Numbers of the people whom the Hub refuses from now on, without saying whom. */
  readonly refused: readonly number[];
  readonly does: 'run' | 'plan';
  readonly sync: 'people' | 'activity';
  readonly listsRejections: boolean;
  readonly expected: Expectation;
}

const usual = { statements: [], refused: [], does: 'run', sync: 'people', listsRejections: false } as const;

/** Five rows hold no usable e-mail and five come twice: in every run. */
const dirty = { invalid: 5, duplicate: 5 };
const known = peopleAtFirst - 10;
const changed = 60;
const left = 5;
const newcomers = 250;
const refused = [3010, 3120, 3121, 3205];
/** One person in three, but two of those left the model. */
const seen = Math.ceil((peopleAtFirst + newcomers) / 3) - 2;

export const steps: readonly Step[] = [
  {
    ...usual,
    chapter: 'First sync',
    story: `The warehouse holds ${peopleAtFirst.toLocaleString('en')} rows, the Hub nobody. Two rows have no e-mail, three a malformed one: they are
refused before anything is sent, each with its reason. Five people come twice, in other letters: their
first row counts.`,
    listsRejections: true,
    expected: { rows: { read: peopleAtFirst, ...dirty, inserted: known }, mostRequests: 30 },
  },
  {
    ...usual,
    chapter: 'Nothing changed',
    story: `The warehouse was loaded anew: every row was written again, with another loaded_at. Nothing that is
mapped changed, so nothing is sent: no request at all.`,
    statements: ['update people set loaded_at = now()'],
    expected: { rows: { read: peopleAtFirst, ...dirty, unchanged: known }, mostRequests: 0 },
  },
  {
    ...usual,
    chapter: 'Some rows changed',
    story: `Forty people took another plan, twenty moved, and five left the model. The plan shows what a run would
send, field by field, and sends nothing.`,
    statements: [
      `update people set plan_tier = 'enterprise' where id between 11 and 50`,
      `update people set city = 'Lisbon', country = 'Portugal' where id between 61 and 80`,
      'delete from people where id between 91 and 95',
    ],
    does: 'plan',
    expected: {
      rows: {
        read: peopleAtFirst - left,
        ...dirty,
        updated: changed,
        unchanged: known - changed - left,
        removed: left,
      },
      mostRequests: 0,
    },
  },
  {
    ...usual,
    chapter: 'Some rows changed',
    story: `The run sends these people and nobody else. Those who left are reported; panelsync never deletes anybody.`,
    expected: {
      rows: {
        read: peopleAtFirst - left,
        ...dirty,
        updated: changed,
        unchanged: known - changed - left,
        removed: left,
      },
      mostRequests: 1,
    },
  },
  {
    ...usual,
    chapter: 'A poisoned batch',
    story: `${newcomers} new people. The Hub will not have four of them, and refuses every batch that one of them is in
without saying who. Such batches are split until the bad ones stand alone; everybody else arrives.`,
    statements: [addPeople(peopleAtFirst + 1, peopleAtFirst + newcomers)],
    refused,
    listsRejections: true,
    expected: {
      rows: {
        read: peopleAtFirst - left + newcomers,
        ...dirty,
        unchanged: known - left,
        inserted: newcomers - refused.length,
        rejected: refused.length,
        removed: left,
      },
      mostRequests: 60,
    },
  },
  {
    ...usual,
    chapter: 'A poisoned batch',
    story: `The next run does not send them again: not before their row changes, or panelsync retry asks for it.`,
    expected: {
      rows: {
        read: peopleAtFirst - left + newcomers,
        ...dirty,
        unchanged: known - left + newcomers - refused.length,
        skipped: refused.length,
        removed: left,
      },
      mostRequests: 0,
    },
  },
  {
    ...usual,
    chapter: 'Update mode and whom it misses',
    story: `A second sync sends when people were last seen, in update mode: only for people it knows. Its snapshot is
still empty, so it knows nobody. Nobody is created by accident, and the report says what to do.`,
    sync: 'activity',
    expected: { rows: { read: seen, skipped: seen }, mostRequests: 0 },
  },
];
