import type { SettingResult } from '../../core/ports/canary-store.ts';
import { looksLikeField } from '../../core/model/terms.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { WireSettings } from '../../core/settings.ts';

/** Which wire profile to try next, after what the tries before have proved. */

type Choices = { readonly [Setting in keyof WireSettings]: readonly WireSettings[Setting][] };

/** The likeliest first. */
const choices: Choices = {
  auth: ['apikey-header', 'bearer'],
  envelope: ['participants', 'jsonapi', 'array'],
  fieldCase: ['snake', 'camel'],
  characteristics: ['nested', 'flat', 'list'],
};

export class ProfileSearch {
  readonly #candidates: readonly WireSettings[];
  readonly #tried = new Set<WireSettings>();
  readonly #confirmed = new Map<string, string>();
  readonly #wrong = new Set<string>();

  /** What the mapping cannot show stays as it is configured. */
  constructor(start: WireSettings, projection: Pick<Projection, 'fields' | 'characteristics'>) {
    this.#candidates = candidatesFor(start, projection);
  }

  /** `null`: none is left. */
  next(): WireSettings | null {
    const found = this.#untried().find((wire) => this.#isPossible(wire)) ?? null;
    if (found !== null) this.#tried.add(found);
    return found;
  }

  /** One that differs from an accepted profile in a single part which a Hub may ignore silently; `null`: none is left. */
  nextBeside(accepted: WireSettings): WireSettings | null {
    const found =
      this.#untried().find((wire) => {
        const differences =
          Number(wire.fieldCase !== accepted.fieldCase) + Number(wire.characteristics !== accepted.characteristics);
        return wire.auth === accepted.auth && wire.envelope === accepted.envelope && differences === 1;
      }) ?? null;
    if (found !== null) this.#tried.add(found);
    return found;
  }

  learn(wire: WireSettings, settings: readonly Pick<SettingResult, 'setting' | 'status'>[]): void {
    for (const { setting, status } of settings) {
      if (setting === 'baseUrl' || setting === 'version' || status === 'open') continue;
      // What is confirmed once cannot be what is wrong later.
      if (status === 'confirmed') this.#confirmed.set(setting, wire[setting]);
      else if (!this.#confirmed.has(setting)) this.#wrong.add(`${setting}: ${wire[setting]}`);
    }
  }

  isConfirmed(setting: keyof WireSettings): boolean {
    return this.#confirmed.has(setting);
  }

  #untried(): readonly WireSettings[] {
    return this.#candidates.filter((wire) => !this.#tried.has(wire));
  }

  #isPossible(wire: WireSettings): boolean {
    return Object.entries(wire).every(([setting, value]) => {
      const confirmed = this.#confirmed.get(setting);
      return confirmed === undefined ? !this.#wrong.has(`${setting}: ${value}`) : confirmed === value;
    });
  }
}

/** Those that differ in the envelope follow one another: it is what a refusal without a place speaks against. */
function candidatesFor(
  start: WireSettings,
  { fields, characteristics }: Pick<Projection, 'fields' | 'characteristics'>,
): readonly WireSettings[] {
  const showsCase = fields.some(({ field }) => field.includes('_'));
  const canBeFlat = !characteristics.some(({ slug }) => looksLikeField(slug));
  const cases = showsCase ? inOrder(choices.fieldCase, start.fieldCase) : [start.fieldCase];
  const forms =
    characteristics.length > 0
      ? inOrder(choices.characteristics, start.characteristics).filter((form) => form !== 'flat' || canBeFlat)
      : [start.characteristics];
  return inOrder(choices.auth, start.auth).flatMap((auth) =>
    forms.flatMap((form) =>
      cases.flatMap((fieldCase) =>
        inOrder(choices.envelope, start.envelope).map((envelope) => ({
          auth,
          envelope,
          fieldCase,
          characteristics: form,
        })),
      ),
    ),
  );
}

function inOrder<Value>(values: readonly Value[], first: Value): readonly Value[] {
  return [first, ...values.filter((value) => value !== first)];
}
