import type {
  CanaryVerdict,
  FieldResult,
  FieldStatus,
  SettingResult,
  WireSetting,
} from '../../core/ports/canary-store.ts';
import type { PanelsyncError } from '../../core/errors.ts';
import { flattenFields } from '../../core/model/participant.ts';
import type { WireSettings } from '../../core/settings.ts';
import type { RowError, Payload } from '../../core/model/terms.ts';
import { isCharacteristic, isMultiWord, caseHint, envelopeHint, characteristicsHint } from './wire-hints.ts';
import { findingsFromRefusal } from './refusal.ts';

/** What the Hub's list says of a person; `payload` is `null` where it does not hold them. */
export type Observation =
  | { readonly read: true; readonly payload: Payload | null }
  | { readonly read: false; /** Why not. */ readonly reason: string };

/** How the Hub answered. */
export type CanaryAnswer =
  | { readonly kind: 'accepted' }
  /** `atRow`: it pointed at the person, so it found them in the envelope. */
  | { readonly kind: 'refused'; readonly rowError: RowError; readonly isAttributed: boolean }
  /** The request as a whole was turned away, because of this setting. */
  | { readonly kind: 'turned_away'; readonly setting: WireSetting; readonly error: PanelsyncError };

/** Everything that a canary has seen. */
export interface CanaryEvidence {
  readonly wire: WireSettings;
  /** Without a field where it did not come to that. */
  readonly sent: Payload;
  readonly answer: CanaryAnswer;
  readonly before: Observation;
  readonly after: Observation;
}

export interface CanaryFindings {
  readonly verdict: CanaryVerdict;
  readonly settings: readonly SettingResult[];
  readonly fields: readonly FieldResult[];
}

/** What the evidence says about each setting of the wire profile and each field. */
export function canaryFindings(evidence: CanaryEvidence): CanaryFindings {
  const fields = fieldFindings(evidence);
  const findings = settingFindings(evidence, fields);
  const settings = findings.map((one) => ({ ...one, value: settingValue(one.setting, evidence.wire) }));
  return { verdict: verdictOf(evidence, settings, fields), settings, fields };
}

function fieldFindings(evidence: CanaryEvidence): readonly FieldResult[] {
  const { sent, answer, before, after } = evidence;
  if (answer.kind === 'turned_away') return [];
  const refusedField = answer.kind === 'refused' ? findingsFromRefusal(answer, sent, evidence.wire).field : null;
  const [valuesBefore, valuesAfter] = [fieldValues(before), fieldValues(after)];
  return [...flattenFields(sent)].flatMap(([field, value]) => {
    if (answer.kind === 'refused') {
      return field === refusedField ? [{ field, status: 'refused', sent: value, held: null } as const] : [];
    }
    // Who is found by the e-mail has it.
    if (field === 'email') return [];
    const [oldValue, newValue] = [valuesBefore.get(field) ?? null, valuesAfter.get(field) ?? null];
    return [
      { field, status: after.read ? statusOf(value, oldValue, newValue) : 'unseen', sent: value, held: newValue },
    ];
  });
}

function statusOf(sent: FieldResult['sent'], before: FieldResult['sent'], after: FieldResult['sent']): FieldStatus {
  if (after === sent) return before === sent ? 'unproven' : 'arrived';
  return after === before ? 'dropped' : 'altered';
}

function fieldValues(observation: Observation): ReadonlyMap<string, FieldResult['sent']> {
  return observation.read && observation.payload !== null
    ? flattenFields(observation.payload)
    : new Map<string, FieldResult['sent']>();
}

type PartialFinding = Omit<SettingResult, 'value'>;

function settingFindings(evidence: CanaryEvidence, fields: readonly FieldResult[]): readonly PartialFinding[] {
  const { answer, sent, wire } = evidence;
  switch (answer.kind) {
    case 'turned_away': {
      const { message, hint } = answer.error;
      return [{ setting: answer.setting, status: 'wrong', message, hint }];
    }
    case 'refused':
      return [...requestFindings, ...findingsFromRefusal(answer, sent, wire).settings];
    case 'accepted':
      return [...requestFindings, ...storedFindings(evidence, fields)];
  }
}

const requestFindings: readonly PartialFinding[] = [
  { setting: 'auth', status: 'confirmed', message: 'the key was accepted', hint: null },
  { setting: 'version', status: 'confirmed', message: 'the version header was accepted', hint: null },
];

/** What the list shows of an accepted person. */
function storedFindings(
  { before, after, wire }: CanaryEvidence,
  fields: readonly FieldResult[],
): readonly PartialFinding[] {
  if (!after.read) {
    const undecided = (setting: WireSetting): PartialFinding => ({
      setting,
      status: 'open',
      message: notReadable,
      hint: checkByHand,
    });
    return [undecided('envelope'), undecided('fieldCase'), undecided('characteristics')];
  }
  const isNew = !before.read || before.payload === null;
  const envelope = envelopeFinding(after.payload !== null, isNew, { fields, wire });
  const nothingStored = envelope.status === 'wrong';
  return [
    envelope,
    partFinding('fieldCase', fields.filter(isMultiWord), {
      nothingStored,
      hint: `To try: ${caseHint(wire)}`,
      emptyMessage: noTwoWords,
    }),
    partFinding('characteristics', fields.filter(isCharacteristic), {
      nothingStored,
      hint: characteristicsHint(wire),
      emptyMessage: noCharacteristics,
    }),
  ];
}

const notReadable = 'the Hub accepted it, but what it stored cannot be read';
const checkByHand = 'Look at the test person in the Hub: are all fields there?';
const noTwoWords = 'no field of the mapping differs between the two cases';
const noCharacteristics = 'the mapping has no characteristics';
function envelopeFinding(
  isStored: boolean,
  isNew: boolean,
  { fields, wire }: { readonly fields: readonly FieldResult[]; readonly wire: WireSettings },
): PartialFinding {
  const setting = 'envelope';
  const hint = `To try: ${envelopeHint(wire)}`;
  if (!isStored) {
    const message = 'the Hub accepted the request, but its list does not have the test person';
    return { setting, status: 'wrong', message, hint: `${hint} The list may also lag: try again in a few minutes.` };
  }
  const conclusive = fields.filter(({ status }) => status !== 'unproven');
  const allDropped = conclusive.every(({ status }) => status === 'dropped');
  // Two-word fields alone are better explained by their case.
  if (allDropped && conclusive.some((one) => !isMultiWord(one))) {
    return { setting, status: 'wrong', message: 'the Hub accepted the request, but stored only the e-mail', hint };
  }
  if (isNew || !allDropped) {
    return { setting, status: 'confirmed', message: 'the test person arrived', hint: null };
  }
  return { setting, status: 'open', message: 'nothing changed in the Hub', hint: otherPersonHint };
}

const otherPersonHint = 'Use a person that the Hub does not have, or has with other values.';

interface PartOptions {
  /** Nothing arrived, whatever it is called. */
  readonly nothingStored: boolean;
  readonly hint: string;
  /** What is said when nothing of the kind was sent. */
  readonly emptyMessage: string;
}

/** A part of the profile that only some fields show. */
function partFinding(
  setting: WireSetting,
  fields: readonly FieldResult[],
  { nothingStored, hint, emptyMessage }: PartOptions,
): PartialFinding {
  if (fields.length === 0) return { setting, status: 'open', message: emptyMessage, hint: null };
  const conclusive = fields.filter(({ status }) => status !== 'unproven');
  const names = conclusive.map(({ field }) => field).join(', ');
  if (conclusive.length === 0) {
    return { setting, status: 'open', message: 'the Hub had the same values before', hint: otherPersonHint };
  }
  if (conclusive.some(({ status }) => status !== 'dropped')) {
    return { setting, status: 'confirmed', message: `the Hub stored what was sent (${names})`, hint: null };
  }
  if (nothingStored) return { setting, status: 'open', message: 'nothing was stored', hint: null };
  return { setting, status: 'wrong', message: `the Hub dropped ${names}`, hint };
}

function settingValue(setting: WireSetting, wire: WireSettings): string | null {
  return setting === 'baseUrl' || setting === 'version' ? null : wire[setting];
}

function verdictOf(
  { answer, after }: CanaryEvidence,
  settings: readonly SettingResult[],
  fields: readonly FieldResult[],
): CanaryVerdict {
  const hasLostFields = fields.some(({ status }) => status === 'dropped' || status === 'altered');
  if (answer.kind !== 'accepted' || hasLostFields || settings.some(({ status }) => status === 'wrong')) return 'wrong';
  // What the mapping has nothing to show for is open for good, and has no hint.
  const isUndecided = settings.some(({ hint }) => hint !== null);
  return !after.read || isUndecided ? 'accepted' : 'confirmed';
}
