import type { Request, Response } from 'express';
import type { DaemonApi } from '../api.ts';
import { linkNextPage, pageDocument, readCursorOf, readLimit } from '../http/page.ts';
import { readBoolean, readQuery } from '../http/query.ts';
import { people } from '../people/people.ts';
import { get, json, pathParameter } from './route.ts';
import type { Route } from './route.ts';

const defaultRunLimit = 20;
const defaultRowLimit = 100;

export function runRoutes(api: DaemonApi): readonly Route[] {
  return [
    get('/api/runs', 'read', (request, response) => sendRuns(api, request, response)),
    // Before the address with an id, which would match it as well.
    get(
      '/api/runs/latest',
      'read',
      json((request) => api.latestRun(readQuery(request, ['sync']).sync ?? null)),
    ),
    get(
      '/api/runs/:id',
      'read',
      json((request) => api.run(pathParameter(request, 'id'))),
    ),
    get(
      '/api/runs/:id/rejections',
      'people',
      people(async (request) => {
        const { limit, cursor } = readQuery(request, ['limit', 'cursor']);
        const runId = pathParameter(request, 'id');
        const list = `rejections ${runId}`;
        const page = { limit: readLimit(limit, defaultRowLimit), after: readCursorOf(list, cursor) };
        return pageDocument(list, await api.rejections(runId, page));
      }),
    ),
    get(
      '/api/runs/:id/skips',
      'people',
      people(async (request) => {
        const { limit, cursor, ...query } = readQuery(request, ['limit', 'cursor', 'duplicates']);
        const runId = pathParameter(request, 'id');
        const duplicates = readBoolean(query.duplicates, 'duplicates');
        const list = `${duplicates ? 'duplicates' : 'skips'} ${runId}`;
        const page = { limit: readLimit(limit, defaultRowLimit), after: readCursorOf(list, cursor), duplicates };
        return pageDocument(list, await api.skips(runId, page));
      }),
    ),
  ];
}

/** An array; the next page is in the Link header. */
async function sendRuns(api: DaemonApi, request: Request, response: Response): Promise<void> {
  const { sync, limit, cursor } = readQuery(request, ['sync', 'limit', 'cursor']);
  const list = `runs ${sync ?? ''}`;
  const page = { limit: readLimit(limit, defaultRunLimit), after: readCursorOf(list, cursor) };
  const { items, next } = await api.runs(sync ?? null, page);
  linkNextPage(request, response, next === null ? null : { list, after: next });
  response.json(items);
}
