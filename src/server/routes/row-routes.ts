import type { Request } from 'express';
import { runLists } from '../../core/ports/row-lists.ts';
import type { RowListName } from '../../core/ports/row-lists.ts';
import type { DaemonApi } from '../api.ts';
import type { Pages } from '../http/page.ts';
import { readQuery } from '../http/query.ts';
import { answerRows } from '../http/rows.ts';
import type { RowTools } from '../http/rows.ts';
import { people } from '../people/people.ts';
import { get, json, pathParameter } from './route.ts';
import type { Route } from './route.ts';

/** The lists of rows: of a run, and those that stand rejected in a sync. The reasons name nobody. */
export function rowRoutes(api: DaemonApi, pages: Pages): readonly Route[] {
  const tools = { api, pages };
  return [
    ...runLists.flatMap((list) =>
      listRoutes(tools, `/api/runs/:id/${list}`, (request) => ({ list, runId: pathParameter(request, 'id') })),
    ),
    ...listRoutes(tools, '/api/syncs/:name/rejections', (request) => ({
      list: 'rejections',
      sync: pathParameter(request, 'name'),
    })),
  ];
}

function listRoutes(tools: RowTools, path: string, nameOf: (request: Request) => RowListName): readonly Route[] {
  return [
    get(
      path,
      'people',
      people((request, _response, visibility) => answerRows(tools, { request, visibility, name: nameOf(request) })),
    ),
    get(
      `${path}/reasons`,
      'read',
      json((request) => {
        readQuery(request, []);
        return tools.api.reasons(nameOf(request));
      }),
    ),
  ];
}
