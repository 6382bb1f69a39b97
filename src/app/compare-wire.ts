import { wireSettingNames } from '../core/wire-reference.ts';
import type { Derived, SpecPlace, WireReference } from '../core/wire-reference.ts';
import type { DestinationSettings, WireSettings } from '../core/settings.ts';
import { withoutTrailingSlash } from '../destination/wire.ts';

/** A setting that says otherwise than the API description. */
export interface Contradiction {
  readonly setting: string;
  readonly present: string;
  readonly expected: string;
  readonly place: SpecPlace;
}

export interface WireComparison {
  /** What `destination.wire` must say; settings that the file does not decide are left out. */
  readonly profile: Readonly<Partial<WireSettings>>;
  readonly contradictions: readonly Contradiction[];
}

type PresentSettings = Pick<DestinationSettings, 'wire' | 'batchSize' | 'baseUrl'>;

/** What an API description asks for, beside what is configured; `null`: nothing is. */
export function compareWire(reference: WireReference, present: PresentSettings | null): WireComparison {
  const { auth, envelope, fieldCase, characteristics } = reference.settings;
  const wire = present?.wire;
  const profile: WireComparison['profile'] = {
    ...(auth === undefined ? {} : { auth: preferred(auth, wire?.auth) }),
    ...(envelope === undefined ? {} : { envelope: preferred(envelope, wire?.envelope) }),
    ...(fieldCase === undefined ? {} : { fieldCase: preferred(fieldCase, wire?.fieldCase) }),
    ...(characteristics === undefined ? {} : { characteristics: preferred(characteristics, wire?.characteristics) }),
  };
  if (present === null) return { profile, contradictions: [] };
  const contradictions = [
    ...wireSettingNames.map((name) => wireContradiction(name, { reference, profile, wire: present.wire })),
    batchSizeContradiction(reference, present),
    baseUrlContradiction(reference, present),
  ];
  return { profile, contradictions: contradictions.filter((found) => found !== null) };
}

/** What is configured if the API accepts it too. */
function preferred<Value>({ value }: Derived<readonly [Value, ...Value[]]>, current: Value | undefined): Value {
  return value.find((accepted) => accepted === current) ?? value[0];
}

function wireContradiction(
  name: keyof WireSettings,
  {
    reference,
    profile,
    wire,
  }: Pick<WireComparison, 'profile'> & {
    readonly reference: WireReference;
    readonly wire: WireSettings;
  },
): Contradiction | null {
  const [expected, place] = [profile[name], reference.settings[name]?.place];
  if (expected === undefined || place === undefined || expected === wire[name]) return null;
  return { setting: `destination.wire.${name}`, present: wire[name], expected, place };
}

function batchSizeContradiction({ maxBatchSize }: WireReference, { batchSize }: PresentSettings): Contradiction | null {
  if (maxBatchSize === null || batchSize <= maxBatchSize.value) return null;
  const expected = `at most ${maxBatchSize.value}`;
  return { setting: 'destination.batchSize', present: String(batchSize), expected, place: maxBatchSize.place };
}

function baseUrlContradiction({ baseUrls }: WireReference, { baseUrl }: PresentSettings): Contradiction | null {
  if (baseUrls === null || accepts(baseUrls, baseUrl)) return null;
  const expected = baseUrls.value.join(' or ');
  return { setting: 'destination.baseUrl', present: baseUrl, expected, place: baseUrls.place };
}

function accepts({ value }: Derived<readonly string[]>, baseUrl: string): boolean {
  return value.some((url) => withoutTrailingSlash(url) === withoutTrailingSlash(baseUrl));
}
