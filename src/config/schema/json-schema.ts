import { z } from 'zod';
import { configSchema } from './schema.ts';
import { isMapping } from '../setting.ts';
import { referencePattern } from '../yaml/substitution.ts';

/** The JSON Schema of the configuration file for editors: config/panelsync.schema.json. */
export function configJsonSchema(): unknown {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      // zod's own limit of whole numbers says nothing to people.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return JSON.parse(JSON.stringify({ $schema, title: 'panelsync configuration', ...rest }), allowReferences);
}

/** Editors see `${PORT:-8787}` where a number is due, so a reference is allowed wherever plain text is not. */
function allowReferences(key: string, node: unknown): unknown {
  if (key === 'propertyNames' || !isMapping(node) || !rejectsPlainText(node)) return node;
  const annotationKeys = ['description', 'default'];
  const entries = Object.entries(node);
  return {
    ...Object.fromEntries(entries.filter(([name]) => annotationKeys.includes(name))),
    anyOf: [
      Object.fromEntries(entries.filter(([name]) => !annotationKeys.includes(name))),
      { type: 'string', pattern: referencePattern },
    ],
  };
}

function rejectsPlainText({ type, enum: allowedValues, pattern }: Readonly<Record<string, unknown>>): boolean {
  if (type === 'integer' || type === 'number' || type === 'boolean') return true;
  return type === 'string' && (allowedValues !== undefined || pattern !== undefined);
}
