import type { WireSettings } from '../../core/settings.ts';

/** Which part of the wire profile a field shows, and what to try when that part is wrong. */

interface Named {
  /** The flat name: `first_name`, `characteristics.plan`. */
  readonly field: string;
}

/** Written otherwise in snake and camel case. */
export function isTwoWords({ field }: Named): boolean {
  return !isCustom({ field }) && field.includes('_');
}

export function isCustom({ field }: Named): boolean {
  return field.startsWith('characteristics.');
}

export const otherNesting =
  'Compare the slugs with those in the Hub. They are sent under "characteristics"; if the Hub wants them elsewhere, no setting helps: please report it.';

export function otherCase({ fieldCase }: WireSettings): string {
  return `set destination.wire.fieldCase to ${fieldCase === 'snake' ? 'camel' : 'snake'}, and send the canary again.`;
}

export function otherEnvelope({ envelope }: WireSettings): string {
  const other = envelope === 'participants' ? 'jsonapi' : 'participants';
  return `set destination.wire.envelope to ${other}, and send the canary again.`;
}
