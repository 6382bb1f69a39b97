import { createTask, parse, validateDetailed } from 'node-cron';
import type { ParsedFields } from 'node-cron';

type Field = keyof ParsedFields;

interface FieldRule {
  readonly field: Field;
  readonly label: string;
  /** How many values it has: a step of that length matches once. */
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

/** What is wrong with a cron expression, as the end of a sentence "the schedule …"; `null` if nothing is. */
export function cronIssue(cron: string): string | null {
  const expected = 'must be a cron expression of five or six fields, or a word such as @hourly';
  // No field has numbers that long, and ranges of them would be expanded.
  if (/\d{3}/.test(cron)) return expected;
  const { valid, errors } = validateDetailed(singleSpaced(cron));
  if (!valid) {
    const invalidFields = fieldRules.filter((rule) => errors.some(({ field }) => field === rule.field));
    return invalidFields.length === 0
      ? expected
      : `has an invalid value for ${invalidFields.map(({ label }) => label).join(' and ')}`;
  }
  const oversizedStep = findOversizedStep(cron);
  return oversizedStep === null ? null : `has a step for ${oversizedStep.label} that exceeds its range`;
}

/** node-cron takes spaces only, and people align fields with tabs. */
function singleSpaced(cron: string): string {
  return cron.trim().replaceAll(/\s+/g, ' ');
}

/** The minute field cannot express every 90 minutes: cron would silently read it as once an hour. */
function findOversizedStep(cron: string): FieldRule | null {
  const fields = singleSpaced(cron).split(' ');
  const steps = fields.map((field) => Math.max(0, ...[...field.matchAll(/\/(\d+)/g)].map(([, step]) => Number(step))));
  return fieldRules.slice(-fields.length).find(({ size }, at) => (steps[at] ?? 0) >= size) ?? null;
}

/** The values that match a cron expression in a time zone. */
export interface CronPattern {
  readonly seconds: readonly number[];
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** Such a schedule follows elapsed time, others the time of day. */
  readonly everyHour: boolean;
  matchesDay(ms: number): boolean;
  /** Minutes since midnight on a local clock. */
  minuteOfDay(ms: number): number;
}

/** Parses an expression in which `cronIssue` found nothing. */
export function parseCronPattern(cron: string, timezone: string): CronPattern {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = parse(singleSpaced(cron));
  const dayExpression = `* * * ${dayOfMonth.join()} ${month.join()} ${dayOfWeek.join()}`;
  const matcher = createTask(dayExpression, () => undefined, { timezone });
  // It never starts; without this, node-cron would keep it in its list of tasks for ever.
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
