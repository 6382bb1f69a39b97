import { createTask, parse, validateDetailed } from 'node-cron';
import type { ParsedFields } from 'node-cron';

type Field = keyof ParsedFields;

interface FieldRule {
  readonly field: Field;
  readonly label: string;
  /** How many values it has: a step as long as that means once. */
  readonly size: number;
}

const fieldRules: readonly FieldRule[] = [
  { field: 'second', label: 'the second (0 to 59)', size: 60 },
  { field: 'minute', label: 'the minute (0 to 59)', size: 60 },
  { field: 'hour', label: 'the hour (0 to 23)', size: 24 },
  { field: 'dayOfMonth', label: 'the day of month (1 to 31, or L for the last)', size: 31 },
  { field: 'month', label: 'the month (1 to 12, or jan to dec)', size: 12 },
  { field: 'dayOfWeek', label: 'the day of week (0 to 7, or sun to sat)', size: 7 },
];

/** What is wrong with a cron expression, in words that end the sentence "the schedule ..."; `null` when nothing is. */
export function cronIssue(cron: string): string | null {
  const expected = 'must be a cron expression of five or six fields, or a word such as @hourly';
  // No field holds numbers that long, and ranges of them would be written out.
  if (/\d{3}/.test(cron)) return expected;
  const { valid, errors } = validateDetailed(cron);
  if (!valid) {
    const invalidFields = fieldRules.filter((rule) => errors.some(({ field }) => field === rule.field));
    return invalidFields.length === 0
      ? expected
      : `is not right in ${invalidFields.map(({ label }) => label).join(' and ')}`;
  }
  const oversizedStep = findOversizedStep(cron);
  return oversizedStep === null ? null : `has a step in ${oversizedStep.label} that leads past its end`;
}

/** Every 90 minutes cannot be said in the field of minutes: cron would silently take it for once an hour. */
function findOversizedStep(cron: string): FieldRule | null {
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
  matchesDay(ms: number): boolean;
  /** Minutes since midnight that a clock shows. */
  minuteOfDay(ms: number): number;
}

/** Of an expression in which `cronFault` found nothing. */
export function parseCronPattern(cron: string, timezone: string): CronPattern {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = parse(cron);
  const dayExpression = `* * * ${dayOfMonth.join()} ${month.join()} ${dayOfWeek.join()}`;
  const matcher = createTask(dayExpression, () => undefined, { timezone });
  // It is never started; node-cron would keep it in its list of tasks for good.
  void matcher.destroy();
  const formatter = new Intl.DateTimeFormat('en-GB', {
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
    matchesDay: (ms) => matcher.match(new Date(ms)),
    minuteOfDay: (ms) => {
      const formatted = formatter.format(ms);
      return Number(formatted.slice(0, 2)) * 60 + Number(formatted.slice(3));
    },
  };
}
