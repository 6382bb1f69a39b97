import { z } from 'zod';
import { isMapping } from '../setting.ts';

/** What is secret about a setting: all of it, or the credentials in an address. */
type SecretKind = 'text' | 'url';

/** The settings whose values are never shown. Whether one is secret is said where it is defined, never guessed. */
const secrets = z.registry<{ readonly kind: SecretKind }>();

export const secretText = <Schema extends z.ZodType>(schema: Schema): Schema => {
  secrets.add(schema, { kind: 'text' });
  return schema;
};

export const secretUrl = <Schema extends z.ZodType>(schema: Schema): Schema => {
  secrets.add(schema, { kind: 'url' });
  return schema;
};

const mask = '••••';

/** Validated settings with their secrets masked. What the schema does not explain is masked, too. */
export function maskSecrets(schema: z.core.$ZodType, value: unknown): unknown {
  const secret = secrets.get(schema);
  if (secret !== undefined) return maskValue(value, secret.kind);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return maskSecrets(schema.def.innerType, value);
  if (schema instanceof z.ZodObject) return maskEntries(value, (key) => schema.shape[key]);
  if (schema instanceof z.ZodRecord) return maskEntries(value, () => schema.valueType);
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.map((item) => maskSecrets(schema.element, item));
  if (schema instanceof z.ZodUnion) {
    const option = schema.options.find((candidate) => isMeant(schema, candidate, value));
    return option === undefined ? mask : maskSecrets(option, value);
  }
  return isPlain(schema) ? value : mask;
}

/** Whether a value is of this option of a union. */
function isMeant(union: z.ZodUnion, option: z.core.$ZodType, value: unknown): boolean {
  if (!(union instanceof z.ZodDiscriminatedUnion)) return z.safeParse(option, value).success;
  const { discriminator } = union.def;
  if (!(option instanceof z.ZodObject) || !isMapping(value)) return false;
  const type = option.shape[discriminator];
  return type !== undefined && z.safeParse(type, value[discriminator]).success;
}

function maskEntries(value: unknown, schemaOf: (key: string) => z.core.$ZodType | undefined): unknown {
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const schema = schemaOf(key);
      return [key, schema === undefined ? mask : maskSecrets(schema, item)];
    }),
  );
}

function maskValue(value: unknown, kind: SecretKind): unknown {
  if (value === undefined || value === '') return value;
  return kind === 'url' && typeof value === 'string' && URL.canParse(value) ? maskUrl(new URL(value)) : mask;
}

/** Parameters that may carry a password have no fixed names, so the values of all others are masked. */
const plainParameters: ReadonlySet<string> = new Set([
  'sslmode',
  'application_name',
  'connect_timeout',
  'host',
  'port',
]);

function maskUrl({ protocol, username, password, host, pathname, searchParams }: URL): string {
  const user = username === '' && password === '' ? '' : `${username}${password === '' ? '' : `:${mask}`}@`;
  const parameters = [...searchParams].map(([name, value]) => `${name}=${plainParameters.has(name) ? value : mask}`);
  return `${protocol}//${user}${host}${pathname}${parameters.length === 0 ? '' : `?${parameters.join('&')}`}`;
}

function isPlain(schema: z.core.$ZodType): boolean {
  return [z.ZodString, z.ZodNumber, z.ZodBoolean, z.ZodEnum, z.ZodLiteral].some((type) => schema instanceof type);
}
