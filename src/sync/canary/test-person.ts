import { copyField, copyFields } from '../../lib/copy-text.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { HubPerson } from '../../core/model/hub-person.ts';
import { emailKey } from '../../core/model/key.ts';
import { participantOf } from '../../core/model/participant.ts';
import type { Participant } from '../../core/model/participant.ts';
import type { Formats, Source } from '../../core/ports/ports.ts';
import { projectOrThrow } from '../../core/model/projection.ts';
import type { CharacteristicSlot, Projection } from '../../core/model/projection.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { CharacteristicValue, FieldName } from '../../core/model/terms.ts';

export interface ModelLook {
  readonly sync: SyncSettings;
  /** Of the person's e-mail. */
  readonly key: string;
  readonly signal: AbortSignal;
  onRows(read: number): void;
}

/** Runs the model until it gives the person; `null` where it does not. */
export async function personOfModel(
  { sync, key, signal, onRows }: ModelLook,
  { source, formats }: { readonly source: Source; readonly formats: Formats },
): Promise<{ readonly projection: Projection; readonly participant: Participant | null }> {
  const reader = await source.open(sync.model, `panelsync:${sync.name}:canary`, signal);
  try {
    const projection = projectOrThrow(sync, reader.columns);
    const place = projection.fields.find(({ field }) => field === 'email')?.index;
    if (place === undefined) throw noEmail(sync);
    let read = 0;
    for await (const chunk of reader.rows(projection.positions)) {
      const lines = chunk.toString('utf8').split('\n').slice(0, -1);
      const line = lines.find((one) => emailKey(copyField(one.split('\t', place + 1)[place] ?? '')) === key);
      if (line !== undefined) return { projection, participant: participantOf(copyFields(line), projection, formats) };
      read += lines.length;
      onRows(read);
    }
    return { projection, participant: null };
  } finally {
    await reader.close();
  }
}

function noEmail({ name }: SyncSettings): PanelsyncError {
  return new PanelsyncError({
    code: 'no_email',
    recovery: 'usage',
    message: `The sync "${name}" maps no e-mail, and a canary finds its test person by it.`,
    hint: `Map syncs.${name}.mapping.email, or send the canary with another sync.`,
  });
}

/** Values that no field of the Hub would refuse, and nobody takes for a participant's. */
const usualValues: Readonly<Record<Exclude<FieldName, 'email'>, (word: string) => readonly string[]>> = {
  first_name: (word) => [`Canary ${word}`],
  last_name: (word) => [`Panelsync ${word}`],
  // The last hundred of each North American area are kept free for such use.
  phone_number: () => Array.from({ length: 100 }, (_, at) => `+120255501${String(at).padStart(2, '0')}`),
  title: (word) => [`Test person ${word}`],
  company: (word) => [`Example ${word}`],
  city: () => ['Lisbon', 'Oslo', 'Dublin', 'Utrecht'],
  state: () => ['Ohio', 'Texas', 'Maine', 'Oregon'],
  country: () => ['Portugal', 'Norway', 'Ireland', 'Netherlands'],
};

export interface MadeUp {
  readonly email: string;
  /** As the Hub holds the person now: what it holds already would prove nothing. */
  readonly before: HubPerson | null;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** A person with a value for everything that is mapped, each other than the Hub holds. */
export function madeUpPerson({ fields, characteristics }: Projection, { email, before, random }: MadeUp): HubPerson {
  const word = Array.from({ length: 6 }, () => String.fromCodePoint(97 + Math.floor(random() * 26))).join('');
  const other = <Value>(values: readonly Value[], held: unknown): Value | null => {
    const free = values.filter((value) => value !== held);
    return free[Math.floor(random() * free.length)] ?? null;
  };
  const custom = new Map(Object.entries(before?.characteristics ?? {}));
  return {
    email,
    fields: Object.fromEntries(
      fields.flatMap(({ field }) =>
        field === 'email' ? [] : [[field, other(usualValues[field](word), before?.fields[field])] as const],
      ),
    ),
    characteristics: Object.fromEntries(
      characteristics.map(({ slug, type }) => [slug, other(customValues(type, word, random), custom.get(slug))]),
    ),
  };
}

function customValues(
  type: CharacteristicSlot['type'],
  word: string,
  random: () => number,
): readonly CharacteristicValue[] {
  switch (type) {
    case 'text':
      return [`Canary ${word}`];
    case 'number':
      return [1, 2].map((thousand) => thousand * 1000 + Math.floor(random() * 1000));
    case 'boolean':
      return [true, false];
    case 'date':
      return Array.from({ length: 28 }, (_, day) => `2001-02-${String(day + 1).padStart(2, '0')}`);
  }
}
