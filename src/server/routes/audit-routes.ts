import type { DaemonApi } from '../api.ts';
import type { Pages } from '../http/page.ts';
import { readQuery } from '../http/query.ts';
import { get, json } from './route.ts';
import type { Route } from './route.ts';

const defaultLimit = 50;

export function auditRoutes(api: DaemonApi, pages: Pages): readonly Route[] {
  return [
    get(
      '/api/audit',
      'read',
      json(async (request) => {
        const { sync = null, ...query } = readQuery(request, ['sync', 'limit', 'cursor']);
        const list = `audit ${sync ?? ''}`;
        return pages.document(list, await api.audit(sync, pages.read(list, query, defaultLimit)));
      }),
    ),
  ];
}
