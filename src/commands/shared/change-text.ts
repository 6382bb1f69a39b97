import type { FieldChanges } from '../../core/model/terms.ts';
import { sanitize, valueText } from './report-text.ts';

/** A change for people: a new person on the line of its head; of a known one every changed field below it. */
export function personChangeText(heading: string, fields: FieldChanges): string {
  const changes = Object.entries(fields);
  if (changes.length === 0) return `${heading}  sent again as it is`;
  if (changes.every(([, [before]]) => before === null)) {
    const values = changes
      .filter(([field]) => field !== 'email')
      .map(([field, [, after]]) => `${sanitize(field)} ${valueText(after)}`);
    return values.length === 0 ? heading : `${heading}  ${values.join(', ')}`;
  }
  return [heading, ...changes.map(fieldChangeText)].join('\n  ');
}

/** One changed field, old and new, on a line of its own. */
export function fieldChangeText([field, [before, after]]: readonly [string, FieldChanges[string]]): string {
  return `    ${sanitize(field)}: ${valueText(before)} → ${valueText(after)}`;
}
