import { fieldNames } from '../../core/model/terms.ts';
import type { CharacteristicType, FieldName } from '../../core/model/terms.ts';
import type { WireSettings } from '../../core/settings.ts';
import type { SimulatorOptions } from '../options.ts';
import { emailKey } from './panel.ts';

/** One thing wrong with a row; `path` leads from the row to the value. */
export interface RowValidationError {
  readonly row: number;
  readonly path: readonly string[];
  readonly title: string;
  readonly detail: string;
}

/** The options that validate a row, prepared for fast lookups. */
export interface RowRules {
  readonly fieldByKey: ReadonlyMap<string, FieldName>;
  /** `null`: every slug is known. */
  readonly typeBySlug: ReadonlyMap<string, CharacteristicType> | null;
  /** Where a row has its characteristics. */
  readonly characteristicsForm: WireSettings['characteristics'];
  readonly dropUnknown: boolean;
  readonly allowMissingEmail: boolean;
  readonly rejectionOf: (email: string) => string | null;
}

/** Reports why a row is not accepted. */
export type ReportError = (error: Omit<RowValidationError, 'row'>) => void;

export interface ValidationContext {
  readonly rules: RowRules;
  readonly report: ReportError;
}

const defaultRejection = 'Email is not deliverable';

export function toCamelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function createRowRules(options: SimulatorOptions): RowRules {
  const isCamelCase = options.wire.fieldCase === 'camel';
  const { characteristics } = options;
  return {
    fieldByKey: new Map(fieldNames.map((name) => [isCamelCase ? toCamelCase(name) : name, name])),
    typeBySlug: characteristics === null ? null : new Map(characteristics.map(({ slug, type }) => [slug, type])),
    characteristicsForm: options.wire.characteristics,
    dropUnknown: options.unknownKeys === 'drop',
    allowMissingEmail: options.allowMissingEmail,
    rejectionOf: createRejectionRule(options.rejectedEmails),
  };
}

function createRejectionRule(rejectedEmails: SimulatorOptions['rejectedEmails']): RowRules['rejectionOf'] {
  if (typeof rejectedEmails !== 'function') {
    const keys = new Set(rejectedEmails.map(emailKey));
    return (email) => (keys.has(emailKey(email)) ? defaultRejection : null);
  }
  return (email) => {
    const result = rejectedEmails(email);
    if (typeof result === 'string') return result;
    return result ? defaultRejection : null;
  };
}
