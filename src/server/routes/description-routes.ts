import { readFile } from 'node:fs/promises';
import { packageFile } from '../../lib/package-file.ts';
import { get } from './route.ts';
import type { Route } from './route.ts';

/** Shipped with the documentation, so that it is also there to read. */
const descriptionFile = packageFile('docs/openapi.json');

/** The OpenAPI description of all addresses. */
export function descriptionRoutes(): readonly Route[] {
  return [
    get('/api/openapi.json', 'read', async (_request, response) => {
      response.type('json').send(await readFile(descriptionFile, 'utf8'));
    }),
  ];
}
