import { PanelsyncError, toPanelsyncError } from '../../core/errors.ts';
import { textHash } from '../../core/model/hash.ts';
import type { HubCharacteristic } from '../../core/model/hub-person.ts';
import { plannedChanges } from '../../core/ports/run/plan-store.ts';
import type { PlanCounts } from '../../core/ports/run/plan-store.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { CharacteristicType, CharacteristicValue } from '../../core/model/terms.ts';
import { didYouMean } from '../../lib/did-you-mean.ts';
import { characteristicsMismatchNote, characteristicsUncheckedNote } from '../notes.ts';
import type { RunContext } from '../run-context.ts';

export interface CharacteristicIssue {
  /** The setting. */
  readonly path: string;
  readonly message: string;
}

type MappedCharacteristics = Pick<Projection, 'characteristics' | 'sync'>;

/** Names that servers give to our four types; of any other nobody can say what fits. */
const hubTypes: ReadonlyMap<string, CharacteristicType> = new Map([
  ...['text', 'string', 'short_text', 'long_text', 'textarea'].map((name) => [name, 'text'] as const),
  ...['number', 'integer', 'float', 'decimal', 'numeric'].map((name) => [name, 'number'] as const),
  ...['boolean', 'bool', 'true_false', 'yes_no'].map((name) => [name, 'boolean'] as const),
  ['date', 'date'],
]);

/** So many slugs of the Hub are named in a message. */
const maxListedSlugs = 30;

/** What is wrong with the mapped characteristics, as the Hub defines its own. */
export function characteristicIssues(
  { characteristics, sync }: MappedCharacteristics,
  defined: readonly HubCharacteristic[],
): readonly CharacteristicIssue[] {
  const bySlug = new Map(defined.map((one) => [one.slug, one]));
  return sentCharacteristics({ characteristics, sync }).flatMap(({ slug, type, path, advice }) => {
    const known = bySlug.get(slug);
    const message =
      known === undefined ? unknownSlugMessage(slug, [...bySlug.keys()]) : typeMismatchMessage({ type, advice }, known);
    return message === null ? [] : [{ path, message }];
  });
}

interface SentCharacteristic {
  readonly slug: string;
  readonly type: CharacteristicType;
  /** The setting that sends it. */
  readonly path: string;
  /** What to do where the Hub expects another type. */
  advice(expected: CharacteristicType): string;
}

/** Those of the mapping, and those that mark people who left. */
function sentCharacteristics({ characteristics, sync }: MappedCharacteristics): readonly SentCharacteristic[] {
  const mapped = characteristics.map(({ slug, type }) => ({
    slug,
    type,
    path: `syncs.${sync.name}.mapping.characteristics.${slug}`,
    advice: (expected: CharacteristicType) => `set type: ${expected}, or map another column`,
  }));
  const { removed } = sync;
  if (removed.action === 'report') return mapped;
  const marks = (['set', 'restore'] as const).flatMap((part) =>
    Object.entries(removed[part].characteristics).map(([slug, value]) => ({
      slug,
      type: typeOfValue(value),
      path: `syncs.${sync.name}.removed.${part}.characteristics.${slug}`,
      advice: (expected: CharacteristicType) => `write a ${expected}, or name another characteristic`,
    })),
  );
  return [...mapped, ...marks];
}

function typeOfValue(value: CharacteristicValue): CharacteristicType {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  return /^\d{4}-\d\d-\d\d$/.test(String(value)) ? 'date' : 'text';
}

function unknownSlugMessage(slug: string, slugs: readonly string[]): string {
  return `the Hub has no characteristic with this slug${didYouMean(slug, slugs)}`;
}

function typeMismatchMessage(
  { type, advice }: Pick<SentCharacteristic, 'type' | 'advice'>,
  known: HubCharacteristic,
): string | null {
  const expected = characteristicTypeOf(known);
  // A day is text on the wire.
  if (expected === null || expected === type || (expected === 'text' && type === 'date')) return null;
  return `it is sent as ${type}, and the Hub expects ${expected}: ${advice(expected)}`;
}

/** The issues as one error. */
export function characteristicsError(
  issues: readonly CharacteristicIssue[],
  defined: readonly HubCharacteristic[],
): PanelsyncError {
  const slugs = defined.map(({ slug }) => slug);
  const named = slugs.slice(0, maxListedSlugs).join(', ');
  const remainder = slugs.length > maxListedSlugs ? `, and ${slugs.length - maxListedSlugs} more` : '';
  const known = slugs.length === 0 ? 'The Hub defines no characteristics.' : `The Hub has ${named}${remainder}.`;
  return new PanelsyncError({
    code: 'characteristics_mismatch',
    recovery: 'usage',
    message: `The characteristics of the mapping do not match those of the Hub:\n${issues.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`,
    hint: `${known} Correct the mapping, or define them in the Hub. Nothing was sent.`,
  });
}

/** Throws when they do not match and that stops a run; returns notes for the report. */
export function matchCharacteristics(
  mapped: MappedCharacteristics,
  defined: readonly HubCharacteristic[] | null,
  mode: 'stop' | 'warn',
): readonly string[] {
  if (defined === null) return [characteristicsUncheckedNote];
  const issues = characteristicIssues(mapped, defined);
  if (issues.length === 0) return [];
  if (mode === 'stop') throw characteristicsError(issues, defined);
  return [characteristicsMismatchNote(issues.map(({ path, message }) => `${path}: ${message}`))];
}

interface PlanToCheck {
  readonly projection: Projection;
  readonly counts: PlanCounts;
}

/**
 * Before anything is sent: an unknown slug is one error here, and a rejection of every row there. The Hub is asked once
 * for each mapping, and again after it has refused rows. Throws when they do not match; returns notes for the report.
 */
export async function checkCharacteristics(
  run: RunContext,
  { projection, counts }: PlanToCheck,
): Promise<readonly string[]> {
  // A run without changes asks the Hub nothing.
  if (sentCharacteristics(projection).length === 0 || plannedChanges(counts) === 0) return [];
  const { stores, destination, delivery } = run;
  if (delivery.checkCharacteristics === 'off') return [];
  const mapping = mappingHash(projection);
  if (await stores.characteristics.isChecked(destination.fingerprint, mapping)) return [];
  const defined = await readDefinedCharacteristics(run);
  if (defined === undefined) return [];
  const notes = matchCharacteristics(projection, defined, delivery.checkCharacteristics);
  // A mismatch is not remembered, so that every run says it.
  if (defined !== null && notes.length > 0) return notes;
  await stores.characteristics.remember(destination.fingerprint, {
    mapping,
    outcome: defined === null ? 'unavailable' : 'known',
  });
  return notes;
}

/** Our type for the Hub's name of it; `null`: nobody can say. */
export function characteristicTypeOf({ type }: HubCharacteristic): CharacteristicType | null {
  return hubTypes.get(type?.toLowerCase() ?? '') ?? null;
}

/** `undefined` when the Hub gave no answer: sending will show whether the run can continue. */
async function readDefinedCharacteristics({ destination, shutdown, log, runId }: RunContext) {
  try {
    const defined = await destination.characteristics(shutdown.drain);
    log.info('characteristics of the Hub read', { runId, characteristics: defined?.length ?? null });
    return defined;
  } catch (error) {
    log.warn('characteristics could not be checked', { runId, code: toPanelsyncError(error).code });
    return undefined;
  }
}

function mappingHash(projection: Projection): string {
  return textHash(JSON.stringify(sentCharacteristics(projection).map(({ slug, type }) => [slug, type])));
}
