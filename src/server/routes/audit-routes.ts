import type { DaemonApi } from '../api.ts';
import { pageDocument, readCursorOf, readLimit } from '../http/page.ts';
import { readQuery } from '../http/query.ts';
import { get, json } from './route.ts';
import type { Route } from './route.ts';

const defaultLimit = 50;

export function auditRoutes(api: DaemonApi): readonly Route[] {
  return [
    get(
      '/api/audit',
      'read',
      json(async (request) => {
        const { sync = null, limit, cursor } = readQuery(request, ['sync', 'limit', 'cursor']);
        const list = `audit ${sync ?? ''}`;
        const page = { limit: readLimit(limit, defaultLimit), after: readCursorOf(list, cursor) };
        return pageDocument(list, await api.audit(sync, page));
      }),
    ),
  ];
}
