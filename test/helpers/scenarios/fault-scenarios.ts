import * as fc from 'fast-check';
import type { Fault, FaultKind } from '../../../src/simulator/faults/faults.ts';

/** Bad days of a Hub, for properties that run after run must hold. */

/** What becomes of the people of the model before a run, by their number: gone, or living in this city. */
type ModelChange = readonly [person: number, city: string | null];

export interface FaultStep {
  readonly changes: readonly ModelChange[];
  readonly faults: readonly Fault[];
  readonly maxAttempts: number;
}

export interface FaultScenario {
  readonly people: number;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly steps: readonly FaultStep[];
}

export const maxPeople = 20;
const when = fc.constantFrom('before' as const, 'after' as const);

/** After these nobody knows whether the batch was stored. */
const unknownOutcomeFaults: fc.Arbitrary<FaultKind> = fc.oneof(
  fc.record({ kind: fc.constant('status' as const), status: fc.constantFrom(408, 500, 502, 503), when }),
  fc.record({
    kind: fc.constant('cut' as const),
    when: fc.constantFrom('before' as const, 'after' as const, 'in_answer' as const),
  }),
  // A batch that is stored only after everybody has given up on it may undo what was sent since: nobody can help that.
  fc.constantFrom<FaultKind>({ kind: 'slow', delayMs: 5 }, { kind: 'slow', delayMs: 600, when: 'after' }),
  fc.record({ kind: fc.constantFrom('html' as const, 'not_json' as const, 'endless' as const), when }),
  fc.record({ kind: fc.constant('gzip_bomb' as const), megabytes: fc.constant(3), when }),
  fc.constant<FaultKind>({ kind: 'empty' }),
);

const stoppingFaults: fc.Arbitrary<FaultKind> = fc.oneof(
  fc.record({ kind: fc.constant('status' as const), status: fc.constantFrom(401, 403, 404, 415) }),
  fc.constant<FaultKind>({ kind: 'redirect', location: 'http://127.0.0.1:1/' }),
  fc.constant<FaultKind>({ kind: 'limit', retryAfter: 'none' }),
);

/** These store nothing of the rows that they refuse. */
const rejectingFaults: fc.Arbitrary<FaultKind> = fc.oneof(
  fc.record({ kind: fc.constant('status' as const), status: fc.constantFrom(400, 409, 413, 422) }),
  fc.record({ kind: fc.constant('partial' as const), rows: fc.uniqueArray(fc.nat(4), { maxLength: 3 }) }),
);

function faultScenariosWith(...kinds: readonly fc.Arbitrary<FaultKind>[]): fc.Arbitrary<FaultScenario> {
  const faults: fc.Arbitrary<Fault> = fc
    .tuple(fc.oneof(...kinds), fc.integer({ min: 1, max: 3 }), fc.nat(3))
    .map(([kind, times, after]) => ({ ...kind, times, after }));
  const step: fc.Arbitrary<FaultStep> = fc.record({
    changes: fc.array(fc.tuple(fc.nat(maxPeople - 1), fc.constantFrom(null, 'Rome', 'Oslo')), { maxLength: 8 }),
    faults: fc.array(faults, { minLength: 1, maxLength: 3 }),
    maxAttempts: fc.integer({ min: 1, max: 3 }),
  });
  return fc.record({
    people: fc.integer({ min: 1, max: maxPeople }),
    batchSize: fc.integer({ min: 3, max: 5 }),
    concurrency: fc.integer({ min: 1, max: 3 }),
    steps: fc.array(step, { minLength: 1, maxLength: 4 }),
  });
}

/** A Hub that refuses the very batch that it has stored before contradicts itself: nobody could tell what it holds. */
export const faultScenarios = fc.oneof(
  faultScenariosWith(unknownOutcomeFaults, stoppingFaults),
  faultScenariosWith(rejectingFaults, stoppingFaults),
);
