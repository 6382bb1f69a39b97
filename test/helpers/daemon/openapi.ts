import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { ZodType } from 'zod';

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string }[];
  readonly responses: Readonly<Record<string, Json>>;
}

interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Json; readonly responses: Readonly<Record<string, Json>> };
}

/** docs/openapi.json, to hold answers against. */
export class ApiDescription {
  readonly document: Description;

  constructor(document: Description) {
    this.document = document;
  }

  /** All operations, as `GET /api/runs/:id`, in the notation of the routes. */
  get operations(): ReadonlyMap<string, Operation> {
    return new Map(
      Object.entries(this.document.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => [
          `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
          operation,
        ]),
      ),
    );
  }

  /** The operation that answers a request; an address without parameters comes first. */
  operationFor(method: string, path: string): string {
    const matches = [...this.operations.keys()].filter((operation) => {
      const [operationMethod, pattern = ''] = operation.split(' ');
      return operationMethod === method && new RegExp(`^${pattern.replaceAll(/:\w+/g, '[^/]+')}$`).test(path);
    });
    return matches.find((operation) => !operation.includes(':')) ?? matches[0] ?? `${method} ${path}`;
  }

  /** What is wrong with an answer by its description; `null` if nothing is. */
  answerIssue(operation: string, status: number, body: unknown): string | null {
    const described = this.operations.get(operation)?.responses[String(status)];
    if (described === undefined) return `${operation} does not describe ${status}`;
    const schema = schemaOf(this.#resolve(described));
    if (schema === null) return null;
    const parsed = this.#validator(schema).safeParse(body);
    return parsed.success ? null : `${operation} ${status}: ${z.prettifyError(parsed.error)}`;
  }

  #resolve(response: Json): Json {
    const reference = response['$ref'];
    if (typeof reference !== 'string') return response;
    return this.document.components.responses[reference.replace('#/components/responses/', '')] ?? {};
  }

  #validator(schema: Json): ZodType {
    const { schemas } = this.document.components;
    const text = JSON.stringify({ ...schema, $defs: schemas }).replaceAll('#/components/schemas/', '#/$defs/');
    return z.fromJSONSchema(JSON.parse(text) as Parameters<typeof z.fromJSONSchema>[0]);
  }
}

export async function readApiDescription(): Promise<ApiDescription> {
  const document: Description = JSON.parse(await readFile('docs/openapi.json', 'utf8'));
  return new ApiDescription(document);
}

/** Of the JSON body; `null` for other bodies. */
function schemaOf({ content }: Json): Json | null {
  const media = content as Readonly<Record<string, { readonly schema: Json }>> | undefined;
  return media?.['application/json']?.schema ?? null;
}
