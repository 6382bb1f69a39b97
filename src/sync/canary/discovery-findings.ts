import type { FieldResult, SettingResult } from '../../core/ports/canary-store.ts';
import type { HubPerson } from '../../core/model/hub-person.ts';
import type { CanaryEvidence, CanaryFindings } from './findings.ts';
import { isCharacteristic, isMultiWord } from './wire-hints.ts';

/** A field whose value the Hub stored in another field. */
export interface MisplacedField {
  readonly field: string;
  readonly storedIn: string;
}

/**
 * Who is new in the list was found in the envelope: what the Hub dropped of them was named otherwise, or stood elsewhere.
 */
export function withoutBlamedEnvelope(
  findings: CanaryFindings,
  { answer, before, after }: Pick<CanaryEvidence, 'answer' | 'before' | 'after'>,
): CanaryFindings {
  const isNew = before.read && before.payload === null && after.read && after.payload !== null;
  if (answer.kind !== 'accepted' || !isNew) return findings;
  const isDropped = (fields: readonly FieldResult[]): boolean =>
    fields.length > 0 && fields.every(({ status }) => status === 'dropped');
  const settings = findings.settings.map((one): SettingResult => {
    const { setting } = one;
    if (setting === 'envelope') return { ...one, status: 'confirmed', message: 'the test person arrived', hint: null };
    const part =
      setting === 'fieldCase'
        ? findings.fields.filter(isMultiWord)
        : findings.fields.filter((field) => setting === 'characteristics' && isCharacteristic(field));
    return isDropped(part)
      ? { ...one, status: 'wrong', message: `the Hub dropped ${part.map(({ field }) => field).join(', ')}` }
      : one;
  });
  return { ...findings, settings };
}

/** Lost values that appeared in another field. */
export function misplacedFields(
  fields: readonly FieldResult[],
  before: HubPerson | null,
  after: HubPerson | null,
): readonly MisplacedField[] {
  const [old, now] = [flatten(before), flatten(after)];
  return fields.flatMap(({ field, status, sent }) => {
    if ((status !== 'dropped' && status !== 'altered') || typeof sent !== 'string') return [];
    const storedIn = [...now].find(([name, value]) => name !== field && value === sent && old.get(name) !== sent)?.[0];
    return storedIn === undefined ? [] : [{ field, storedIn }];
  });
}

function flatten(person: HubPerson | null): ReadonlyMap<string, unknown> {
  if (person === null) return new Map();
  const characteristics = Object.entries(person.characteristics).map(
    ([slug, value]) => [`characteristics.${slug}`, value] as const,
  );
  return new Map<string, unknown>([...Object.entries(person.fields), ...characteristics]);
}
