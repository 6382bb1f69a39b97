import type { DaemonApi } from '../api.ts';
import { pageDocument, readCursorOf, readLimit } from '../http/page.ts';
import { readBoolean, readQuery } from '../http/query.ts';
import { people } from '../people/people.ts';
import { get, pathParameter } from './route.ts';
import type { Route } from './route.ts';

const defaultRowLimit = 100;

export function rowRoutes(api: DaemonApi): readonly Route[] {
  return [
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
