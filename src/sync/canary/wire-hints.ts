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

export const nestingHint =
  'Compare the slugs with those in the Hub. They are sent under "characteristics"; if the Hub expects them elsewhere, no setting helps: report it.';

export function caseHint({ fieldCase }: WireSettings): string {
  return `set destination.wire.fieldCase to ${fieldCase === 'snake' ? 'camel' : 'snake'}, and send the canary again.`;
}

export function envelopeHint({ envelope }: WireSettings): string {
  const other = envelope === 'participants' ? 'jsonapi' : 'participants';
  return `set destination.wire.envelope to ${other}, and send the canary again.`;
}
