import type { SettingFinding } from '../../core/ports/canary-store.ts';
import { flatFields } from '../../core/model/participant.ts';
import type { WireSettings } from '../../core/settings.ts';
import type { Fault, Payload } from '../../core/model/terms.ts';
import { isCustom, isTwoWords, otherCase, otherEnvelope, otherNesting } from './wire-hints.ts';

interface Refusal {
  readonly fault: Fault;
  /** The Hub pointed at the person. */
  readonly atRow: boolean;
}

export interface Accused {
  /** The field that the Hub complains of; `null`: none that was sent. */
  readonly field: string | null;
  readonly settings: readonly Omit<SettingFinding, 'value'>[];
}

/** What a refusal of a single person says: by its pointer, otherwise by the names in its words. */
export function accusedBy({ fault, atRow }: Refusal, sent: Payload, wire: WireSettings): Accused {
  const names = [...flatFields(sent).keys()];
  const pointed = names.find((name) => name === fault.field) ?? null;
  const field = pointed ?? (atRow && fault.field !== null ? null : namedIn(fault.message, names));
  const words = `the Hub refused the test person: ${fault.message}`;
  const envelope = { setting: 'envelope', message: 'the Hub found the test person in it', hint: null } as const;
  if (field === null && !atRow) {
    return {
      field,
      settings: [{ setting: 'envelope', status: 'wrong', message: words, hint: `To try: ${otherEnvelope(wire)}` }],
    };
  }
  // An e-mail that is missed may be one that was looked for elsewhere.
  if (field === null || field === 'email') {
    const hint = `Is it this person whom the Hub does not want? Then name another. Otherwise: ${otherEnvelope(wire)}`;
    return { field, settings: [{ setting: 'envelope', status: 'open', message: words, hint }] };
  }
  const found = { ...envelope, status: 'confirmed' } as const;
  if (isTwoWords({ field })) {
    const hint = `If the Hub does not know the name: ${otherCase(wire)} If it does not want the value: name another person.`;
    return { field, settings: [found, { setting: 'fieldCase', status: 'wrong', message: words, hint }] };
  }
  if (isCustom({ field })) {
    return {
      field,
      settings: [found, { setting: 'characteristics', status: 'wrong', message: words, hint: otherNesting }],
    };
  }
  return {
    field,
    settings: [{ ...found, message: words, hint: 'Name another person, or take the field out of the mapping.' }],
  };
}

/** The first field whose name, in either case, stands in the words; two-word names first, which mean nothing else. */
function namedIn(words: string, names: readonly string[]): string | null {
  const plain = words.toLowerCase();
  const telling = names.toSorted((a, b) => Number(isTwoWords({ field: b })) - Number(isTwoWords({ field: a })));
  const found = telling.find((name) => {
    const word = (name.split('.').pop() ?? name).toLowerCase();
    const forms = [word, word.replaceAll('_', '')].map((form) => form.replaceAll(/[^\p{L}\p{N}_]/gu, '.'));
    return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${forms.join('|')})(?![\\p{L}\\p{N}_])`, 'u').test(plain);
  });
  return found ?? null;
}
