import type { SettingResult } from '../../core/ports/canary-store.ts';
import { flattenFields } from '../../core/model/participant.ts';
import type { WireSettings } from '../../core/settings.ts';
import type { RowError, Payload } from '../../core/model/terms.ts';
import { isCharacteristic, isMultiWord, caseHint, envelopeHint, characteristicsHint } from './wire-hints.ts';

interface CanaryRefusal {
  readonly rowError: RowError;
  /** The Hub pointed at the person. */
  readonly isAttributed: boolean;
}

export interface RefusalFindings {
  /** The field that the Hub complains of; `null`: none that was sent. */
  readonly field: string | null;
  readonly settings: readonly Omit<SettingResult, 'value'>[];
}

/** What a refusal of a single person says: by its pointer, otherwise by the names in its words. */
export function findingsFromRefusal(
  { rowError, isAttributed }: CanaryRefusal,
  sent: Payload,
  wire: WireSettings,
): RefusalFindings {
  const names = [...flattenFields(sent).keys()];
  const pointedField = names.find((name) => name === rowError.field) ?? null;
  const field =
    pointedField ?? (isAttributed && rowError.field !== null ? null : fieldNamedIn(rowError.message, names));
  return { field, settings: settingsFor(field, { rowError, isAttributed, wire, names }) };
}

interface RefusalContext extends CanaryRefusal {
  readonly wire: WireSettings;
  /** Of everything that was sent. */
  readonly names: readonly string[];
}

function settingsFor(
  field: string | null,
  { rowError, isAttributed, wire, names }: RefusalContext,
): RefusalFindings['settings'] {
  const message = `the Hub refused the test person: ${rowError.message}`;
  if (field === null && namesCharacteristics(rowError, names)) {
    return [{ setting: 'characteristics', status: 'wrong', message, hint: characteristicsHint(wire) }];
  }
  const envelope = { setting: 'envelope', message: 'the Hub found the test person', hint: null } as const;
  if (field === null && !isAttributed) {
    return [{ setting: 'envelope', status: 'wrong', message, hint: `To try: ${envelopeHint(wire)}` }];
  }
  // An e-mail that is missed may be one that was looked for elsewhere.
  if (field === null || field === 'email') {
    const hint = `If the Hub refuses this person, use another one. Otherwise: ${envelopeHint(wire)}`;
    return [{ setting: 'envelope', status: 'open', message, hint }];
  }
  const envelopeConfirmed = { ...envelope, status: 'confirmed' } as const;
  if (isMultiWord({ field })) {
    const hint = `If the Hub does not know the field: ${caseHint(wire)} If it refuses the value: use another person.`;
    return [envelopeConfirmed, { setting: 'fieldCase', status: 'wrong', message, hint }];
  }
  if (isCharacteristic({ field })) {
    return [
      envelopeConfirmed,
      { setting: 'characteristics', status: 'wrong', message, hint: characteristicsHint(wire) },
    ];
  }
  return [{ ...envelopeConfirmed, message, hint: 'Use another person, or remove the field from the mapping.' }];
}

/** Whether the Hub complains of the characteristics as a whole: of where they are, or of their form. */
function namesCharacteristics({ field, message }: RowError, names: readonly string[]): boolean {
  const wasSent = names.some((name) => isCharacteristic({ field: name }));
  return wasSent && (field?.startsWith('characteristics') ?? /\bcharacteristics\b/i.test(message));
}

/** The first field whose name, in either case, stands in the words; two-word names first, which mean nothing else. */
function fieldNamedIn(text: string, names: readonly string[]): string | null {
  const normalized = text.toLowerCase();
  const multiWordFirst = names.toSorted(
    (a, b) => Number(isMultiWord({ field: b })) - Number(isMultiWord({ field: a })),
  );
  const match = multiWordFirst.find((name) => {
    const word = (name.split('.').pop() ?? name).toLowerCase();
    const forms = [word, word.replaceAll('_', '')].map((form) => form.replaceAll(/[^\p{L}\p{N}_]/gu, '.'));
    return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${forms.join('|')})(?![\\p{L}\\p{N}_])`, 'u').test(normalized);
  });
  return match ?? null;
}
