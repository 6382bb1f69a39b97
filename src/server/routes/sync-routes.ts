import type { Request, Response } from 'express';
import type { DaemonApi } from '../api.ts';
import { readBody, readPauseNote } from '../http/request-body.ts';
import { readQuery, readWholeNumber } from '../http/query.ts';
import { get, json, pathParameter, post } from './route.ts';
import type { Route } from './route.ts';

export function syncRoutes(api: DaemonApi): readonly Route[] {
  return [
    ...actionRoutes(api),
    get(
      '/api/syncs',
      'read',
      json((request) => {
        readQuery(request, []);
        return api.syncs();
      }),
    ),
    get(
      '/api/syncs/:name',
      'read',
      json((request) => {
        readQuery(request, []);
        return api.sync(pathParameter(request, 'name'));
      }),
    ),
    get(
      '/api/syncs/:name/history',
      'read',
      json((request) => {
        const days = readWholeNumber(readQuery(request, ['days']).days, 'days', { defaultValue: 90, max: 3650 });
        return api.history(pathParameter(request, 'name'), days);
      }),
    ),
  ];
}

function actionRoutes(api: DaemonApi): readonly Route[] {
  return [
    post('/api/syncs/:name/runs', 'operate', (request, response) => triggerRun(api, request, response)),
    post(
      '/api/syncs/:name/pause',
      'operate',
      json(async (request) => {
        const sync = pathParameter(request, 'name');
        await api.pause(sync, readPauseNote(request));
        return { sync, paused: true };
      }),
    ),
    post(
      '/api/syncs/:name/resume',
      'operate',
      json(async (request) => {
        readBody(request, []);
        const sync = pathParameter(request, 'name');
        await api.resume(sync);
        return { sync, paused: false };
      }),
    ),
  ];
}

async function triggerRun(api: DaemonApi, request: Request, response: Response): Promise<void> {
  readBody(request, []);
  const { runId } = await api.trigger(pathParameter(request, 'name'));
  response.status(202).location(`/api/runs/${runId}`).json({ runId });
}
