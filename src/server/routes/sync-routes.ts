import type { Request, Response } from 'express';
import type { DaemonApi } from '../api.ts';
import { withTraceparent } from '../../core/tracing.ts';
import { badRequestError } from '../http/error-response.ts';
import { readActionNote, readBody, readText } from '../http/request-body.ts';
import { closedSignal } from '../http/closed-signal.ts';
import { people } from '../people/people.ts';
import { readQuery, readWholeNumber } from '../http/query.ts';
import { get, json, pathParameter, post } from './route.ts';
import type { Route } from './route.ts';

/** Changes, skipped and invalid rows that a plan shows, of each. */
const defaultPlanLimit = 20;
const maxPlanLimit = 1000;

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
      '/api/syncs/:name/plan',
      'operate',
      people((request, response) => answerPlan(api, request, response)),
    ),
    post(
      '/api/syncs/:name/retry',
      'operate',
      json(async (request) => {
        const note = readActionNote(request, ['email']);
        const person = readText(readBody(request, ['by', 'reason', 'email'])['email'], 'email');
        return { count: await api.retry(pathParameter(request, 'name'), person, note) };
      }),
    ),
    post(
      '/api/syncs/:name/pause',
      'operate',
      json(async (request) => {
        const sync = pathParameter(request, 'name');
        await api.pause(sync, readActionNote(request));
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
  const sync = pathParameter(request, 'name');
  const { runId } = await withTraceparent(request.get('traceparent'), () => api.trigger(sync));
  response.status(202).location(`/api/runs/${runId}`).json({ runId });
}

/** Planning ends when the client goes away. */
function answerPlan(api: DaemonApi, request: Request, response: Response): Promise<object> {
  const { limit } = readBody(request, ['limit']);
  return api.plan(pathParameter(request, 'name'), { limit: readPlanLimit(limit), signal: closedSignal(response) });
}

function readPlanLimit(value: unknown): number {
  if (value === undefined || value === null) return defaultPlanLimit;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxPlanLimit) return value;
  throw badRequestError(`limit must be a whole number from 0 to ${maxPlanLimit}.`, 'Correct limit.');
}
