/** What stands for a value of a person. Its length says nothing about the value. */
const dots = '•••';

/**
 * Strings that say what happened and identify nobody; cursors are encrypted. Under any other name a string is masked, also
 * a new one.
 */
const harmlessNames: ReadonlySet<string> = new Set(
  `sync mode trigger status event operation outcome state step code by reason
  id runId fromRunId firstRun lastRun requestId field kept nextCursor
  at lastAt since until startedAt finishedAt firstSeenAt lastSeenAt recordedAt settledAt`.split(/\s+/),
);

/** Sentences, by panelsync or the Hub; what may be a person's in them is masked. */
const textNames: ReadonlySet<string> = new Set(['message', 'hint', 'notes']);

/** Whatever is in these is what a person's row holds. */
const valueNames: ReadonlySet<string> = new Set(['fields', 'values', 'before', 'after', 'characteristics']);

/** A document about people without what identifies them. Names of fields, counts and absent values stay. */
export function maskPeople(document: unknown): unknown {
  return mask(document, { name: '', isValue: false });
}

interface Place {
  readonly name: string;
  readonly isValue: boolean;
}

function mask(value: unknown, place: Place): unknown {
  if (value === null || value === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => mask(item, place));
  if (typeof value === 'object') return maskMembers(value, place);
  if (typeof value === 'string') return maskString(value, place);
  return place.isValue ? dots : value;
}

function maskMembers(value: object, { isValue }: Place): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      mask(member, { name, isValue: isValue || valueNames.has(name) }),
    ]),
  );
}

function maskString(text: string, { name, isValue }: Place): string {
  if (!isValue && harmlessNames.has(name)) return text;
  if (!isValue && textNames.has(name)) return maskText(text);
  return maskEmail(text) ?? dots;
}

/** `a•••@e•••.test`: enough to recognize an address that one knows; `null` where it is none. */
function maskEmail(text: string): string | null {
  const [, first, domainFirst, suffix] = /^\s*(\S)\S*@(\S)\S*?(\.[a-z]{2,})?\s*$/iu.exec(text) ?? [];
  if (first === undefined || domainFirst === undefined) return null;
  return `${first}${dots}@${domainFirst}${dots}${suffix ?? ''}`;
}

const emailInText = /[^\s"'<>(),;:[\]{}]+@[^\s"'<>(),;:[\]{}]+/g;
const phoneInText = /\+?\d(?:[\s().-]{0,2}\d){6,}/g;

function maskText(text: string): string {
  return text.replaceAll(emailInText, (address) => maskEmail(address) ?? dots).replaceAll(phoneInText, dots);
}
