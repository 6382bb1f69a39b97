import { fieldNames } from '../../core/model/terms.ts';
import type { CharacteristicType, FieldName } from '../../core/model/terms.ts';
import type { SimulatorOptions } from '../options.ts';
import { emailKey } from './panel.ts';

/** One thing wrong with a row; `path` leads from the row to the value. */
export interface RowFault {
  readonly row: number;
  readonly path: readonly string[];
  readonly title: string;
  readonly detail: string;
}

/** The options that decide about a row, made ready for quick look-ups. */
export interface Rules {
  readonly fieldOf: ReadonlyMap<string, FieldName>;
  /** `null`: every slug is known. */
  readonly typeOf: ReadonlyMap<string, CharacteristicType> | null;
  readonly dropUnknown: boolean;
  readonly allowMissingEmail: boolean;
  readonly poisonOf: (email: string) => string | null;
}

/** What a check tells about a row it does not accept. */
export type Refuse = (fault: Omit<RowFault, 'row'>) => void;

const notDeliverable = 'Email is not deliverable';

export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function makeRules(options: SimulatorOptions): Rules {
  const camel = options.wire.fieldCase === 'camel';
  const { characteristics } = options;
  return {
    fieldOf: new Map(fieldNames.map((name) => [camel ? camelCase(name) : name, name])),
    typeOf: characteristics === null ? null : new Map(characteristics.map(({ slug, type }) => [slug, type])),
    dropUnknown: options.unknownKeys === 'drop',
    allowMissingEmail: options.allowMissingEmail,
    poisonOf: makePoison(options.poison),
  };
}

function makePoison(poison: SimulatorOptions['poison']): Rules['poisonOf'] {
  if (typeof poison !== 'function') {
    const keys = new Set(poison.map(emailKey));
    return (email) => (keys.has(emailKey(email)) ? notDeliverable : null);
  }
  return (email) => {
    const verdict = poison(email);
    if (typeof verdict === 'string') return verdict;
    return verdict ? notDeliverable : null;
  };
}
