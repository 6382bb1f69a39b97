import type { WireSettings } from '../../core/settings.ts';

/** Which part of the wire profile a field shows, and what to try when that part is wrong. */

interface FieldRef {
  /** The flat name: `first_name`, `characteristics.plan`. */
  readonly field: string;
}

/** Written otherwise in snake and camel case. */
export function isMultiWord({ field }: FieldRef): boolean {
  return !isCharacteristic({ field }) && field.includes('_');
}

export function isCharacteristic({ field }: FieldRef): boolean {
  return field.startsWith('characteristics.');
}

export function characteristicsHint({ characteristics }: WireSettings): string {
  return `Compare the slugs with those in the Hub. If they match: ${tryOthers('characteristics', ['nested', 'flat', 'list'], characteristics)}`;
}

export function caseHint({ fieldCase }: WireSettings): string {
  return `set destination.wire.fieldCase to ${fieldCase === 'snake' ? 'camel' : 'snake'}, and send the canary again.`;
}

export function envelopeHint({ envelope }: WireSettings): string {
  return tryOthers('envelope', ['participants', 'jsonapi', 'array'], envelope);
}

function tryOthers(setting: keyof WireSettings, values: readonly string[], current: string): string {
  const others = values.filter((value) => value !== current);
  return `set destination.wire.${setting} to ${others.join(' or ')}, and send the canary again.`;
}
