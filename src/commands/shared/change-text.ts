import type { FieldChanges } from '../../core/model/terms.ts';
import { plain, valueText } from './report-text.ts';

/** A change for people: a new person on the line of its head; of a known one every changed field below it. */
export function changeText(head: string, fields: FieldChanges): string {
  const changes = Object.entries(fields);
  if (changes.length === 0) return `${head}  sent again as it is`;
  if (changes.every(([, [before]]) => before === null)) {
    const values = changes
      .filter(([field]) => field !== 'email')
      .map(([field, [, now]]) => `${plain(field)} ${valueText(now)}`);
    return values.length === 0 ? head : `${head}  ${values.join(', ')}`;
  }
  return [head, ...changes.map(fieldText)].join('\n  ');
}

/** One changed field, old and new, on a line of its own. */
export function fieldText([field, [before, now]]: readonly [string, FieldChanges[string]]): string {
  return `    ${plain(field)}: ${valueText(before)} → ${valueText(now)}`;
}
