import { unescapeCopyField, splitCopyLine } from '../../lib/copy-text.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { HubPerson } from '../../core/model/hub-person.ts';
import { emailKey } from '../../core/model/key.ts';
import { toParticipant } from '../../core/model/participant.ts';
import type { Participant } from '../../core/model/participant.ts';
import type { Formats } from '../../core/ports/formats.ts';
import type { Source } from '../../core/ports/source.ts';
import { projectMappingOrThrow } from '../../core/model/projection.ts';
import type { ProjectedCharacteristic, Projection } from '../../core/model/projection.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { CharacteristicValue, FieldName } from '../../core/model/terms.ts';

export interface ModelQuery {
  readonly sync: SyncSettings;
  /** Of the person's e-mail. */
  readonly key: string;
  readonly signal: AbortSignal;
  onRows(read: number): void;
}

/** Runs the model until it gives the person; `null` where it does not. */
export async function findInModel(
  { sync, key, signal, onRows }: ModelQuery,
  { source, formats }: { readonly source: Source; readonly formats: Formats },
): Promise<{ readonly projection: Projection; readonly participant: Participant | null }> {
  const reader = await source.open(sync.model, `panelsync:${sync.name}:canary`, signal);
  try {
    const projection = projectMappingOrThrow(sync, reader.columns);
    const emailIndex = projection.fields.find(({ field }) => field === 'email')?.index;
    if (emailIndex === undefined) throw noEmailError(sync);
    let rowsRead = 0;
    for await (const chunk of reader.rows(projection.positions)) {
      const lines = chunk.toString('utf8').split('\n').slice(0, -1);
      const line = lines.find(
        (one) => emailKey(unescapeCopyField(one.split('\t', emailIndex + 1)[emailIndex] ?? '')) === key,
      );
      if (line !== undefined)
        return { projection, participant: toParticipant(splitCopyLine(line), projection, formats) };
      rowsRead += lines.length;
      onRows(rowsRead);
    }
    return { projection, participant: null };
  } finally {
    await reader.close();
  }
}

function noEmailError({ name }: SyncSettings): PanelsyncError {
  return new PanelsyncError({
    code: 'no_email',
    recovery: 'usage',
    message: `The sync "${name}" maps no e-mail, and a canary finds its test person by it.`,
    hint: `Map syncs.${name}.mapping.email, or send the canary with another sync.`,
  });
}

/** Values that no field of the Hub would refuse, and nobody takes for a participant's. */
const sampleValues: Readonly<Record<Exclude<FieldName, 'email'>, (word: string) => readonly string[]>> = {
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

export interface GenerateOptions {
  readonly email: string;
  /** As the Hub holds the person now: what it holds already would prove nothing. */
  readonly before: HubPerson | null;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** A person with a value for everything that is mapped, each other than the Hub holds. */
export function generatePerson(
  { fields, characteristics }: Projection,
  { email, before, random }: GenerateOptions,
): HubPerson {
  const word = Array.from({ length: 6 }, () => String.fromCodePoint(97 + Math.floor(random() * 26))).join('');
  const pickOther = <Value>(values: readonly Value[], current: unknown): Value | null => {
    const candidates = values.filter((value) => value !== current);
    return candidates[Math.floor(random() * candidates.length)] ?? null;
  };
  const characteristicsBefore = new Map(Object.entries(before?.characteristics ?? {}));
  return {
    email,
    fields: Object.fromEntries(
      fields.flatMap(({ field }) =>
        field === 'email' ? [] : [[field, pickOther(sampleValues[field](word), before?.fields[field])] as const],
      ),
    ),
    characteristics: Object.fromEntries(
      characteristics.map(({ slug, type }) => [
        slug,
        pickOther(sampleCharacteristicValues(type, word, random), characteristicsBefore.get(slug)),
      ]),
    ),
  };
}

function sampleCharacteristicValues(
  type: ProjectedCharacteristic['type'],
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
