import type { Request, Response } from 'express';
import { withTraceparent } from '../../core/tracing.ts';
import type { DaemonApi } from '../api.ts';
import type { Pages } from '../http/page.ts';
import { runStatuses, triggers } from '../../core/model/terms.ts';
import { readChoice, readQuery } from '../http/query.ts';
import { readActionNote } from '../http/request-body.ts';
import { get, json, pathParameter, post } from './route.ts';
import type { Route } from './route.ts';

const defaultRunLimit = 20;
const defaultBatchLimit = 100;

export function runRoutes(api: DaemonApi, pages: Pages): readonly Route[] {
  return [
    get('/api/runs', 'read', (request, response) => sendRuns({ api, pages }, request, response)),
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
    post('/api/runs/:id/approve', 'operate', (request, response) => approveRun(api, request, response)),
    get(
      '/api/runs/:id/steps',
      'read',
      json((request) => api.steps(pathParameter(request, 'id'))),
    ),
    get(
      '/api/runs/:id/batches',
      'read',
      json((request) => answerBatches({ api, pages }, request)),
    ),
  ];
}

interface PagedApi {
  readonly api: DaemonApi;
  readonly pages: Pages;
}

/** An array; the next page is in the Link header. */
async function sendRuns({ api, pages }: PagedApi, request: Request, response: Response): Promise<void> {
  const { limit, cursor, ...query } = readQuery(request, ['sync', 'status', 'trigger', 'limit', 'cursor']);
  const filter = {
    sync: query.sync ?? null,
    status: readChoice(query.status, 'status', runStatuses),
    trigger: readChoice(query.trigger, 'trigger', triggers),
  };
  const list = `runs ${[filter.sync, filter.status, filter.trigger].join(' ')}`;
  const { items, next } = await api.runs(filter, pages.read(list, { limit, cursor }, defaultRunLimit));
  pages.link(list, next, { request, response });
  response.json(items);
}

async function answerBatches({ api, pages }: PagedApi, request: Request): Promise<object> {
  const query = readQuery(request, ['limit', 'cursor']);
  const runId = pathParameter(request, 'id');
  const list = `batches ${runId}`;
  return pages.document(list, await api.batches(runId, pages.read(list, query, defaultBatchLimit)));
}

/** 409 where the plan no longer applies, 503 where the run failed before it could tell. */
async function approveRun(api: DaemonApi, request: Request, response: Response): Promise<void> {
  const [id, note] = [pathParameter(request, 'id'), readActionNote(request)];
  const outcome = await withTraceparent(request.get('traceparent'), () => api.approve(id, note));
  const { runId } = outcome;
  response.location(`/api/runs/${runId}`);
  if (outcome.isApproved) {
    response.status(202).json({ runId });
    return;
  }
  const { isStopped, error, drift } = outcome;
  response.status(isStopped ? 409 : 503).json({ error, runId, drift });
}
