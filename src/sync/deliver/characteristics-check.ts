import { PanelsyncError, asPanelsyncError } from '../../core/errors.ts';
import { textHash } from '../../core/model/hash.ts';
import type { HubCharacteristic } from '../../core/model/hub-person.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { CharacteristicType } from '../../core/model/terms.ts';
import { didYouMean } from '../../lib/nearest.ts';
import { closedCharacteristicsNote } from '../notes.ts';
import type { Sending } from './send-context.ts';

export interface CharacteristicFault {
  /** The setting. */
  readonly path: string;
  readonly message: string;
}

type Mapped = Pick<Projection, 'characteristics' | 'sync'>;

/** Names that servers give to our four types; of any other nobody can say what fits. */
const hubTypes: ReadonlyMap<string, CharacteristicType> = new Map([
  ...['text', 'string', 'short_text', 'long_text', 'textarea'].map((name) => [name, 'text'] as const),
  ...['number', 'integer', 'float', 'decimal', 'numeric'].map((name) => [name, 'number'] as const),
  ...['boolean', 'bool', 'true_false', 'yes_no'].map((name) => [name, 'boolean'] as const),
  ['date', 'date'],
]);

/** So many slugs of the Hub are named in a message. */
const mostNamed = 30;

/** What is wrong with the mapped characteristics, as the Hub defines its own. */
export function characteristicFaults(
  { characteristics, sync }: Mapped,
  defined: readonly HubCharacteristic[],
): readonly CharacteristicFault[] {
  const bySlug = new Map(defined.map((one) => [one.slug, one]));
  return characteristics.flatMap(({ slug, type }) => {
    const path = `syncs.${sync.name}.mapping.characteristics.${slug}`;
    const known = bySlug.get(slug);
    const message = known === undefined ? unknownSlug(slug, [...bySlug.keys()]) : misfit(type, known);
    return message === null ? [] : [{ path, message }];
  });
}

function unknownSlug(slug: string, slugs: readonly string[]): string {
  return `the Hub has no characteristic with this slug${didYouMean(slug, slugs)}`;
}

function misfit(type: CharacteristicType, known: HubCharacteristic): string | null {
  const wanted = hubTypes.get(known.type?.toLowerCase() ?? '') ?? null;
  // A day is text on the wire.
  if (wanted === null || wanted === type || (wanted === 'text' && type === 'date')) return null;
  return `it is sent as ${type}, and the Hub wants ${wanted}: give it type: ${wanted}, or another column`;
}

/** The faults as one error. */
export function characteristicsError(
  faults: readonly CharacteristicFault[],
  defined: readonly HubCharacteristic[],
): PanelsyncError {
  const slugs = defined.map(({ slug }) => slug);
  const named = slugs.slice(0, mostNamed).join(', ');
  const more = slugs.length > mostNamed ? `, and ${slugs.length - mostNamed} more` : '';
  const known = slugs.length === 0 ? 'The Hub defines no characteristics.' : `The Hub has ${named}${more}.`;
  return new PanelsyncError({
    code: 'characteristics_mismatch',
    recovery: 'usage',
    message: `The characteristics of the mapping do not fit those of the Hub:\n${faults.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`,
    hint: `${known} Correct the mapping, or define them in the Hub. Nothing was sent.`,
  });
}

export function requireFitting(mapped: Mapped, defined: readonly HubCharacteristic[]): void {
  const faults = characteristicFaults(mapped, defined);
  if (faults.length > 0) throw characteristicsError(faults, defined);
}

/**
 * Before something is sent: an unknown slug is one fault here, and a rejection of every row there. The Hub is asked once
 * for each mapping, and again after it has refused rows. Throws when they do not fit; returns what is to be told.
 */
export async function requireCharacteristics(sending: Sending): Promise<readonly string[]> {
  const projection = await sending.projection();
  if (projection.characteristics.length === 0) return [];
  const { session, destination } = sending;
  const mapping = mappingHash(projection);
  if (await session.characteristics.isChecked(destination.fingerprint, mapping)) return [];
  const defined = await definedInHub(sending);
  if (defined === undefined) return [];
  if (defined !== null) requireFitting(projection, defined);
  const outcome = defined === null ? 'unavailable' : 'known';
  await session.characteristics.remember(destination.fingerprint, { mapping, outcome });
  return defined === null ? [closedCharacteristicsNote] : [];
}

/** `undefined` when the Hub gave no answer: the sending that follows is the better judge of whether it can go on. */
async function definedInHub({ destination, stop, log, runId }: Sending) {
  try {
    const defined = await destination.characteristics(stop.drain);
    log.info('characteristics of the Hub read', { runId, characteristics: defined?.length ?? null });
    return defined;
  } catch (error) {
    log.warn('characteristics could not be checked', { runId, code: asPanelsyncError(error).code });
    return undefined;
  }
}

function mappingHash({ characteristics }: Projection): string {
  return textHash(JSON.stringify(characteristics.map(({ slug, type }) => [slug, type])));
}
