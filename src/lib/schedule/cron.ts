import { createTask, parse, validateDetailed } from 'node-cron';
import type { ParsedFields } from 'node-cron';

type Field = keyof ParsedFields;

interface FieldRule {
  readonly field: Field;
  readonly words: string;
  /** How many values it has: a step as long as that means once. */
  readonly size: number;
}

const fieldRules: readonly FieldRule[] = [
  { field: 'second', words: 'the second (0 to 59)', size: 60 },
  { field: 'minute', words: 'the minute (0 to 59)', size: 60 },
  { field: 'hour', words: 'the hour (0 to 23)', size: 24 },
  { field: 'dayOfMonth', words: 'the day of month (1 to 31, or L for the last)', size: 31 },
  { field: 'month', words: 'the month (1 to 12, or jan to dec)', size: 12 },
  { field: 'dayOfWeek', words: 'the day of week (0 to 7, or sun to sat)', size: 7 },
];

/** What is wrong with a cron expression, in words that end the sentence "the schedule ..."; `null` when nothing is. */
export function cronFault(cron: string): string | null {
  const shape = 'must be a cron expression of five or six fields, or a word such as @hourly';
  // No field holds numbers that long, and ranges of them would be written out.
  if (/\d{3}/.test(cron)) return shape;
  const { valid, errors } = validateDetailed(cron);
  if (!valid) {
    const wrong = fieldRules.filter((rule) => errors.some(({ field }) => field === rule.field));
    return wrong.length === 0 ? shape : `is not right in ${wrong.map(({ words }) => words).join(' and ')}`;
  }
  const far = farStep(cron);
  return far === null ? null : `has a step in ${far.words} that leads past its end`;
}

/** Every 90 minutes cannot be said in the field of minutes: cron would silently take it for once an hour. */
function farStep(cron: string): FieldRule | null {
  const fields = cron.trim().split(/ +/);
  const steps = fields.map((field) => Math.max(0, ...[...field.matchAll(/\/(\d+)/g)].map(([, step]) => Number(step))));
  return fieldRules.slice(-fields.length).find(({ size }, at) => (steps[at] ?? 0) >= size) ?? null;
}

/** The values that a cron expression allows, read in a time zone. */
export interface CronPattern {
  readonly seconds: readonly number[];
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** Such a schedule goes by the time that passes, others by the time of day that people read. */
  readonly everyHour: boolean;
  isDay(ms: number): boolean;
  /** Minutes since midnight that a clock shows. */
  clockMinute(ms: number): number;
}

/** Of an expression in which `cronFault` found nothing. */
export function cronPattern(cron: string, timezone: string): CronPattern {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = parse(cron);
  const days = `* * * ${dayOfMonth.join()} ${month.join()} ${dayOfWeek.join()}`;
  const matcher = createTask(days, () => undefined, { timezone });
  // It is never started; node-cron would keep it in its list of tasks for good.
  void matcher.destroy();
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return {
    seconds: second.toSorted((a, b) => a - b),
    minutes: new Set(minute),
    hours: new Set(hour),
    months: new Set(month),
    everyHour: new Set(hour).size === 24,
    isDay: (ms) => matcher.match(new Date(ms)),
    clockMinute: (ms) => {
      const shown = clock.format(ms);
      return Number(shown.slice(0, 2)) * 60 + Number(shown.slice(3));
    },
  };
}
