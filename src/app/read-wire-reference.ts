import { readTextFile } from '../config/text-file.ts';
import { PanelsyncError } from '../core/errors.ts';
import type { WireReference } from '../core/wire-reference.ts';
import { readWireReference } from '../destination/openapi/openapi.ts';

/** The wire profile that an OpenAPI file describes; `name` is the file's name in errors. */
export async function readOpenapiFile(file: string, name: string): Promise<WireReference> {
  const content = await readTextFile(file);
  if ('text' in content) return readWireReference(content.text, name);
  throw new PanelsyncError({
    code: 'openapi_unusable',
    recovery: 'usage',
    message: `The file ${name} ${content.problem}.`,
    hint: 'Name the OpenAPI file of the Research Hub API, as YAML or JSON.',
  });
}
