import type { Request } from 'express';
import { runLists } from '../../core/ports/row-lists.ts';
import type { RowListName } from '../../core/ports/row-lists.ts';
import type { DaemonApi } from '../api.ts';
import { readQuery } from '../http/query.ts';
import { answerRows } from '../http/rows.ts';
import { people } from '../people/people.ts';
import { get, json, pathParameter } from './route.ts';
import type { Route } from './route.ts';

/** The lists of rows: of a run, and those that stand rejected in a sync. The reasons name nobody. */
export function rowRoutes(api: DaemonApi): readonly Route[] {
  return [
    ...runLists.flatMap((list) =>
      listRoutes(api, `/api/runs/:id/${list}`, (request) => ({ list, runId: pathParameter(request, 'id') })),
    ),
    ...listRoutes(api, '/api/syncs/:name/rejections', (request) => ({
      list: 'rejections',
      sync: pathParameter(request, 'name'),
    })),
  ];
}

function listRoutes(api: DaemonApi, path: string, nameOf: (request: Request) => RowListName): readonly Route[] {
  return [
    get(
      path,
      'people',
      people((request) => answerRows(api, request, nameOf(request))),
    ),
    get(
      `${path}/reasons`,
      'read',
      json((request) => {
        readQuery(request, []);
        return api.reasons(nameOf(request));
      }),
    ),
  ];
}
