import type { Fault } from './faults.ts';
import { isRecord } from '../panel/row-rules.ts';

type Check = (value: unknown) => boolean;
type Checks = Readonly<Record<string, Check>>;

/** The keys of a kind of fault. */
interface FaultSchema {
  readonly required?: Checks;
  readonly optional?: Checks;
}

function oneOf(...choices: readonly unknown[]): Check {
  return (value) => choices.includes(value);
}

function integerBetween(min: number, max: number): Check {
  return (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

function isHeaderText(value: unknown): boolean {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

const nonNegativeInteger = integerBetween(0, Number.MAX_SAFE_INTEGER);
const timing: Checks = { when: oneOf('before', 'after') };
const commonFields: Checks = {
  times: integerBetween(1, Number.MAX_SAFE_INTEGER),
  after: nonNegativeInteger,
  on: oneOf('patch', 'get', 'any'),
};

const schemaByKind: Readonly<Record<Fault['kind'], FaultSchema>> = {
  status: { required: { status: integerBetween(400, 599) }, optional: timing },
  cut: { optional: { when: oneOf('before', 'after', 'in_answer') } },
  slow: { required: { delayMs: integerBetween(0, 3_600_000) }, optional: timing },
  html: { optional: timing },
  redirect: { required: { location: isHeaderText }, optional: { status: oneOf(301, 302, 303, 307, 308) } },
  limit: {
    required: { retryAfter: oneOf('seconds', 'date', 'none') },
    optional: { seconds: integerBetween(0, 1_000_000_000) },
  },
  endless: { optional: timing },
  gzip_bomb: { optional: { ...timing, megabytes: integerBetween(1, 16_384) } },
  partial: { required: { rows: (value) => Array.isArray(value) && value.every(nonNegativeInteger) } },
  not_json: { optional: timing },
  empty: {},
};
const schemas: ReadonlyMap<string, FaultSchema> = new Map(Object.entries(schemaByKind));

/** Whether parsed JSON is a fault, with the keys of its kind and no others. */
export function isFault(value: unknown): value is Fault {
  if (!isRecord(value)) return false;
  const { kind, ...rest } = value;
  const schema = typeof kind === 'string' ? schemas.get(kind) : undefined;
  if (schema === undefined) return false;
  const { required = {}, optional = {} } = schema;
  const checks = new Map(Object.entries({ ...required, ...optional, ...commonFields }));
  return (
    Object.keys(required).every((key) => Object.hasOwn(rest, key)) &&
    Object.entries(rest).every(([key, entry]) => checks.get(key)?.(entry) ?? false)
  );
}

export const faultUsage = `Expected a fault: {"kind": ${[...schemas.keys()].join(' | ')}, "times"?, "after"?, "on"?: patch | get | any, and the keys of its kind}.`;
