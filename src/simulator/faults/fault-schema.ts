import type { Fault } from './faults.ts';
import { isRecord } from '../panel/row-rules.ts';

type Check = (value: unknown) => boolean;
type Checks = Readonly<Record<string, Check>>;

/** The keys of a kind of fault. */
interface Form {
  readonly required?: Checks;
  readonly optional?: Checks;
}

function oneOf(...choices: readonly unknown[]): Check {
  return (value) => choices.includes(value);
}

function wholeNumber(least: number, most: number): Check {
  return (value) => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

function isHeaderText(value: unknown): boolean {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

const count = wholeNumber(0, Number.MAX_SAFE_INTEGER);
const when: Checks = { when: oneOf('before', 'after') };
const common: Checks = {
  times: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  after: count,
  on: oneOf('patch', 'get', 'any'),
};

const formOf: Readonly<Record<Fault['kind'], Form>> = {
  status: { required: { status: wholeNumber(400, 599) }, optional: when },
  cut: { optional: { when: oneOf('before', 'after', 'in_answer') } },
  slow: { required: { delayMs: wholeNumber(0, 3_600_000) }, optional: when },
  html: { optional: when },
  redirect: { required: { location: isHeaderText }, optional: { status: oneOf(301, 302, 303, 307, 308) } },
  limit: {
    required: { retryAfter: oneOf('seconds', 'date', 'none') },
    optional: { seconds: wholeNumber(0, 1_000_000_000) },
  },
  endless: { optional: when },
  gzip_bomb: { optional: { ...when, megabytes: wholeNumber(1, 16_384) } },
  partial: { required: { rows: (value) => Array.isArray(value) && value.every(count) } },
  not_json: { optional: when },
  empty: {},
};
const forms: ReadonlyMap<string, Form> = new Map(Object.entries(formOf));

/** Whether parsed JSON is a fault, with the keys of its kind and no others. */
export function isFault(value: unknown): value is Fault {
  if (!isRecord(value)) return false;
  const { kind, ...rest } = value;
  const form = typeof kind === 'string' ? forms.get(kind) : undefined;
  if (form === undefined) return false;
  const { required = {}, optional = {} } = form;
  const checks = new Map(Object.entries({ ...required, ...optional, ...common }));
  return (
    Object.keys(required).every((key) => Object.hasOwn(rest, key)) &&
    Object.entries(rest).every(([key, entry]) => checks.get(key)?.(entry) ?? false)
  );
}

export const faultForm = `Expected a fault: {"kind": ${[...forms.keys()].join(' | ')}, "times"?, "after"?, "on"?: patch | get | any, and the keys of its kind}.`;
