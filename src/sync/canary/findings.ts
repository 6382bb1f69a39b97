import type {
  CanaryVerdict,
  FieldFinding,
  FieldStatus,
  SettingFinding,
  WireSetting,
} from '../../core/ports/canary-store.ts';
import type { PanelsyncError } from '../../core/errors.ts';
import { flatFields } from '../../core/model/participant.ts';
import type { WireSettings } from '../../core/settings.ts';
import type { Fault, Payload } from '../../core/model/terms.ts';
import { isCustom, isTwoWords, otherCase, otherEnvelope, otherNesting } from './wire-hints.ts';
import { accusedBy } from './refusal.ts';

/** What the Hub's list says of a person; `payload` is `null` where it does not hold them. */
export type Sight =
  | { readonly read: true; readonly payload: Payload | null }
  | { readonly read: false; /** Why not. */ readonly reason: string };

/** How the Hub answered. */
export type CanaryAnswer =
  | { readonly kind: 'accepted' }
  /** `atRow`: it pointed at the person, so it found them in the envelope. */
  | { readonly kind: 'refused'; readonly fault: Fault; readonly atRow: boolean }
  /** The request as a whole was turned away, because of this setting. */
  | { readonly kind: 'turned_away'; readonly setting: WireSetting; readonly error: PanelsyncError };

/** Everything that a canary has seen. */
export interface CanaryEvidence {
  readonly wire: WireSettings;
  /** Without a field where it did not come to that. */
  readonly sent: Payload;
  readonly answer: CanaryAnswer;
  readonly before: Sight;
  readonly after: Sight;
}

export interface CanaryFindings {
  readonly verdict: CanaryVerdict;
  readonly settings: readonly SettingFinding[];
  readonly fields: readonly FieldFinding[];
}

/** What the evidence says about each setting of the wire profile and each field. */
export function canaryFindings(evidence: CanaryEvidence): CanaryFindings {
  const fields = fieldFindings(evidence);
  const found = settingsOf(evidence, fields);
  const settings = found.map((one) => ({ ...one, value: valueOf(one.setting, evidence.wire) }));
  return { verdict: verdictOf(evidence, settings, fields), settings, fields };
}

function fieldFindings(evidence: CanaryEvidence): readonly FieldFinding[] {
  const { sent, answer, before, after } = evidence;
  if (answer.kind === 'turned_away') return [];
  const accused = answer.kind === 'refused' ? accusedBy(answer, sent, evidence.wire).field : null;
  const [was, held] = [valuesIn(before), valuesIn(after)];
  return [...flatFields(sent)].flatMap(([field, value]) => {
    if (answer.kind === 'refused') {
      return field === accused ? [{ field, status: 'refused', sent: value, held: null } as const] : [];
    }
    // Who is found by the e-mail has it.
    if (field === 'email') return [];
    const [old, now] = [was.get(field) ?? null, held.get(field) ?? null];
    return [{ field, status: after.read ? statusOf(value, old, now) : 'unseen', sent: value, held: now }];
  });
}

function statusOf(sent: FieldFinding['sent'], was: FieldFinding['sent'], held: FieldFinding['sent']): FieldStatus {
  if (held === sent) return was === sent ? 'unproven' : 'arrived';
  return held === was ? 'dropped' : 'altered';
}

function valuesIn(sight: Sight): ReadonlyMap<string, FieldFinding['sent']> {
  return sight.read && sight.payload !== null ? flatFields(sight.payload) : new Map<string, FieldFinding['sent']>();
}

type Found = Omit<SettingFinding, 'value'>;

function settingsOf(evidence: CanaryEvidence, fields: readonly FieldFinding[]): readonly Found[] {
  const { answer, sent, wire } = evidence;
  switch (answer.kind) {
    case 'turned_away': {
      const { message, hint } = answer.error;
      return [{ setting: answer.setting, status: 'wrong', message, hint }];
    }
    case 'refused':
      return [...understood, ...accusedBy(answer, sent, wire).settings];
    case 'accepted':
      return [...understood, ...seen(evidence, fields)];
  }
}

const understood: readonly Found[] = [
  { setting: 'auth', status: 'confirmed', message: 'the key was accepted', hint: null },
  { setting: 'version', status: 'confirmed', message: 'the version header was accepted', hint: null },
];

/** What the list shows of an accepted person. */
function seen({ before, after, wire }: CanaryEvidence, fields: readonly FieldFinding[]): readonly Found[] {
  if (!after.read) {
    const open = (setting: WireSetting): Found => ({ setting, status: 'open', message: unseen, hint: lookYourself });
    return [open('envelope'), open('fieldCase'), open('characteristics')];
  }
  const isNew = !before.read || before.payload === null;
  const envelope = envelopeOf(after.payload !== null, isNew, { fields, wire });
  const lost = envelope.status === 'wrong';
  return [
    envelope,
    partOf('fieldCase', fields.filter(isTwoWords), { lost, hint: `To try: ${otherCase(wire)}`, none: noTwoWords }),
    partOf('characteristics', fields.filter(isCustom), { lost, hint: otherNesting, none: noCharacteristics }),
  ];
}

const unseen = 'the Hub took it, but what it stored cannot be read';
const lookYourself = 'Look at the test person in the Hub: are all fields there?';
const noTwoWords = 'no field of the mapping is written otherwise in the other case';
const noCharacteristics = 'the mapping has no characteristics';
function envelopeOf(
  isHeld: boolean,
  isNew: boolean,
  { fields, wire }: { readonly fields: readonly FieldFinding[]; readonly wire: WireSettings },
): Found {
  const setting = 'envelope';
  const hint = `To try: ${otherEnvelope(wire)}`;
  if (!isHeld) {
    const message = 'the Hub said yes, and its list does not hold the test person';
    return { setting, status: 'wrong', message, hint: `${hint} Or the list lags: try again in some minutes.` };
  }
  const telling = fields.filter(({ status }) => status !== 'unproven');
  const allDropped = telling.every(({ status }) => status === 'dropped');
  // Two-word fields alone are better explained by their case.
  if (allDropped && telling.some((one) => !isTwoWords(one))) {
    return { setting, status: 'wrong', message: 'the Hub said yes, and stored nothing but the e-mail', hint };
  }
  if (isNew || !allDropped) {
    return { setting, status: 'confirmed', message: 'the test person arrived', hint: null };
  }
  return { setting, status: 'open', message: 'nothing the Hub held has changed', hint: anotherPerson };
}

const anotherPerson = 'Name a person whom the Hub does not hold, or holds otherwise.';

interface PartTexts {
  /** Nothing arrived, whatever it is called. */
  readonly lost: boolean;
  readonly hint: string;
  /** What is said when nothing of the kind was sent. */
  readonly none: string;
}

/** A part of the profile that only some fields show. */
function partOf(setting: WireSetting, fields: readonly FieldFinding[], { lost, hint, none }: PartTexts): Found {
  if (fields.length === 0) return { setting, status: 'open', message: none, hint: null };
  const telling = fields.filter(({ status }) => status !== 'unproven');
  const names = telling.map(({ field }) => field).join(', ');
  if (telling.length === 0) {
    return { setting, status: 'open', message: 'the Hub held the same values before', hint: anotherPerson };
  }
  if (telling.some(({ status }) => status !== 'dropped')) {
    return { setting, status: 'confirmed', message: `the Hub knows what was sent (${names})`, hint: null };
  }
  if (lost) return { setting, status: 'open', message: 'nothing at all arrived', hint: null };
  return { setting, status: 'wrong', message: `the Hub dropped ${names} without a word`, hint };
}

function valueOf(setting: WireSetting, wire: WireSettings): string | null {
  return setting === 'auth' || setting === 'envelope' || setting === 'fieldCase' ? wire[setting] : null;
}

function verdictOf(
  { answer, after }: CanaryEvidence,
  settings: readonly SettingFinding[],
  fields: readonly FieldFinding[],
): CanaryVerdict {
  const lost = fields.some(({ status }) => status === 'dropped' || status === 'altered');
  if (answer.kind !== 'accepted' || lost || settings.some(({ status }) => status === 'wrong')) return 'wrong';
  // What the mapping has nothing to show for is open for good, and has no hint.
  const open = settings.some(({ hint }) => hint !== null);
  return !after.read || open ? 'accepted' : 'confirmed';
}
