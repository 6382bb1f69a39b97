import * as fc from 'fast-check';
import type { Fault, FaultKind } from '../../../src/simulator/faults/faults.ts';
import { crashPoints } from '../crash/crash-points.ts';
import type { CrashPoint } from '../crash/crash-points.ts';
import type { PayloadCodec } from '../../../src/core/model/payload-codec.ts';
import type { SyncSettings } from '../../../src/core/settings.ts';
import type { WriteRule } from '../../../src/core/model/rules/rules.ts';
import type { Mode } from '../../../src/core/model/terms.ts';

/** What may happen to a panel over time, as plain data, so that a story that goes wrong can be read. */

/** What the model holds of an e-mail from then on; `null`: nothing. `id` says whose it is. */
export type ModelRow =
  | { readonly city: string; readonly plan: string | null; readonly id?: number }
  /** The second row of the two is not the one that counts. */
  | { readonly city: string; readonly plan: null; readonly twice: true; readonly id?: number }
  | 'invalid'
  | null;

/** How a run is asked for, and under which configuration, where it is not the usual one. */
export interface RunVariation {
  readonly limit: number | null;
  readonly full: boolean;
  readonly duplicates: SyncSettings['duplicates'];
  readonly nulls: SyncSettings['nulls'];
  /** Whether the mapping has the characteristic "plan". */
  readonly withPlan: boolean;
  readonly payload: PayloadCodec['payload'];
}

export type PanelStep =
  | { readonly do: 'change the model'; readonly rows: readonly (readonly [person: number, row: ModelRow])[] }
  /** What researchers do by hand; nothing where there is nobody to edit or to delete. */
  | { readonly do: 'create in the Hub' | 'edit in the Hub' | 'delete in the Hub'; readonly person: number }
  | {
      readonly do: 'run';
      readonly faults: readonly Fault[];
      readonly refused: readonly number[];
      readonly listClosed: boolean;
      readonly variation?: RunVariation;
    }
  /** `lost`: the state database cannot be reached from this point on; `killed`: SIGKILL to a process of its own. */
  | { readonly do: 'die in a run'; readonly at: CrashPoint; readonly by: 'lost' | 'killed' }
  | { readonly do: 'baseline'; readonly replace: boolean }
  | { readonly do: 'verify'; readonly repair: 'none' | 'repair' | 'recreate' }
  | { readonly do: 'resync' | 'retry' }
  | { readonly do: 'forget'; readonly person: number };

export interface PanelScenario {
  /** When the city is written; whether people who leave are marked, where the mode allows it. */
  readonly write: WriteRule;
  readonly marks: boolean;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly maxAttempts: number;
  /** Who is in the Hub and known by a baseline when the story begins. */
  readonly known: readonly number[];
  readonly turns: readonly PanelStep[];
}

const maxPeople = 6;
/** Without a prototype they would be printed so, in every line of a counterexample. */
const plainRecords = { noNullPrototype: true };

const person = fc.nat(maxPeople - 1);
const city = fc.constantFrom('Rome', 'Oslo', 'Lima');
const when = fc.constantFrom('before' as const, 'after' as const);

/** Fewer than there are e-mails, so that they move from one to another, and two have the same. */
const id = fc.nat(3);

const row: fc.Arbitrary<ModelRow> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ city, plan: fc.constantFrom(null, 'pro'), id }, plainRecords) },
  { weight: 2, arbitrary: fc.record({ city, plan: fc.constantFrom(null, 'pro') }, plainRecords) },
  { weight: 2, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.record({ city, plan: fc.constant(null), twice: fc.constant(true as const), id }, plainRecords),
  },
  { weight: 1, arbitrary: fc.constant('invalid' as const) },
);

/** A batch that is stored only after everybody has given up on it may undo what was sent since: nobody can help that. */
const kinds: fc.Arbitrary<FaultKind> = fc.oneof(
  fc.record({ kind: fc.constant('status' as const), status: fc.constantFrom(500, 503), when }, plainRecords),
  fc.record({ kind: fc.constant('cut' as const), when: fc.constantFrom('before', 'after', 'in_answer') }, plainRecords),
  fc.constant<FaultKind>({ kind: 'slow', delayMs: 600, when: 'after' }),
  fc.constant<FaultKind>({ kind: 'limit', retryAfter: 'none' }),
  fc.constant<FaultKind>({ kind: 'status', status: 401 }),
);

const faults: fc.Arbitrary<readonly Fault[]> = fc.array(
  fc
    .tuple(kinds, fc.integer({ min: 1, max: 3 }), fc.nat(1), fc.constantFrom('patch' as const, 'any' as const))
    .map(([kind, times, after, on]) => ({ ...kind, times, after, on })),
  { maxLength: 2 },
);

const run: fc.Arbitrary<PanelStep> = fc.record(
  {
    do: fc.constant('run' as const),
    faults,
    refused: fc.uniqueArray(person, { maxLength: 1 }),
    listClosed: fc.boolean(),
  },
  plainRecords,
);

/** In insert mode a full run says that everybody is to be sent again: overwriting is what was asked for. */
function variedRun(mode: Mode): fc.Arbitrary<PanelStep> {
  const variation: fc.Arbitrary<RunVariation> = fc.record(
    {
      limit: fc.constantFrom(null, null, 0, 1, 2),
      full: mode === 'insert' ? fc.constant(false) : fc.constantFrom(false, false, false, true),
      duplicates: fc.constantFrom('first' as const, 'first' as const, 'reject' as const),
      nulls: fc.constantFrom('omit' as const, 'omit' as const, 'null' as const),
      withPlan: fc.constantFrom(true, true, true, false),
      payload: fc.constantFrom('full' as const, 'full' as const, 'hashed' as const),
    },
    plainRecords,
  );
  return fc.tuple(run, variation).map(([step, varied]): PanelStep => ({ ...step, variation: varied }) as PanelStep);
}

const change: fc.Arbitrary<PanelStep> = fc.record(
  {
    do: fc.constant('change the model' as const),
    rows: fc.array(fc.tuple(person, row), { minLength: 1, maxLength: 5 }),
  },
  plainRecords,
);

const hubEdit: fc.Arbitrary<PanelStep> = fc.record(
  {
    do: fc.constantFrom('create in the Hub' as const, 'edit in the Hub' as const, 'delete in the Hub' as const),
    person,
  },
  plainRecords,
);

const crash: fc.Arbitrary<PanelStep> = fc.record(
  {
    do: fc.constant('die in a run' as const),
    at: fc.constantFrom(...crashPoints),
    by: fc.constantFrom('lost' as const, 'lost' as const, 'lost' as const, 'lost' as const, 'killed' as const),
  },
  plainRecords,
);

const verification: fc.Arbitrary<PanelStep> = fc.record(
  {
    do: fc.constant('verify' as const),
    repair: fc.constantFrom('none' as const, 'repair' as const, 'repair' as const, 'recreate' as const),
  },
  plainRecords,
);

/** In insert mode a resync says that everybody is to be sent again: overwriting is what was asked for. */
function resendMark(mode: Mode): fc.Arbitrary<PanelStep> {
  return fc.record(
    { do: mode === 'insert' ? fc.constant('retry' as const) : fc.constantFrom('resync', 'retry') },
    plainRecords,
  );
}

/** With `variedRuns`, some runs have a limit, are full, or have another configuration than those before. */
export function panelScenarios(mode: Mode, { variedRuns = false } = {}): fc.Arbitrary<PanelScenario> {
  const step = fc.oneof(
    { weight: 5, arbitrary: change },
    { weight: variedRuns ? 3 : 6, arbitrary: run },
    { weight: variedRuns ? 4 : 0, arbitrary: variedRun(mode) },
    { weight: 4, arbitrary: hubEdit },
    { weight: 2, arbitrary: crash },
    { weight: 2, arbitrary: verification },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('baseline' as const), replace: fc.boolean() }, plainRecords) },
    { weight: 1, arbitrary: resendMark(mode) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), person }, plainRecords) },
  );
  return fc.record(
    {
      write: fc.constantFrom('always' as const, 'once' as const, 'fill' as const),
      marks: fc.boolean(),
      batchSize: fc.integer({ min: 1, max: 3 }),
      concurrency: fc.integer({ min: 1, max: 2 }),
      maxAttempts: fc.integer({ min: 1, max: 2 }),
      known: fc.uniqueArray(person),
      turns: fc.array(step, { minLength: 1, maxLength: 14, size: 'max' }),
    },
    plainRecords,
  );
}
