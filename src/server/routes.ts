import express from 'express';
import type { Application, ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { systemCode } from '../core/errors.ts';
import type { Log } from '../core/ports/ports.ts';
import { onlyAllowed, securityHeaders } from './access-control.ts';
import { answerOf, badRequest, refuse } from './error-response.ts';
import type { Api } from './api.ts';
import { bodyOf, jsonBody, noteOf } from './request-body.ts';
import { withinTime } from '../lib/async/with-timeout.ts';

const usualRuns = 20;
const mostRuns = 1000;

/** Probes wait a second or so; a database that says nothing for this long counts as gone. */
const healthTimeoutMs = 900;

/** The methods of one path. */
interface Methods {
  readonly get?: RequestHandler;
  readonly post?: RequestHandler;
}

export interface RouteSettings {
  readonly token: string | null;
  readonly log: Log;
}

/** All routes, with what surrounds them. */
export function createRoutes(api: Api, { token, log }: RouteSettings): Application {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(securityHeaders);
  route(app, '/healthz', { get: (_request, response) => void response.json({ status: 'ok' }) });
  route(app, '/readyz', { get: (_request, response) => answerHealth(api, response) });
  app.use(onlyAllowed(token));
  route(app, '/metrics', { get: (_request, response) => answerMetrics(api, response) });
  route(app, '/api/syncs', { get: async (_request, response) => void response.json(await api.syncs()) });
  route(app, '/api/runs', { get: (request, response) => answerRuns(api, request, response) });
  route(app, '/api/runs/:id', {
    get: async (request, response) => void response.json(await api.run(named(request, 'id'))),
  });
  route(app, '/api/syncs/:name/runs', { post: (request, response) => answerTrigger(api, request, response) });
  route(app, '/api/syncs/:name/pause', { post: (request, response) => answerPause(api, request, response) });
  route(app, '/api/syncs/:name/resume', {
    post: async (request, response) => {
      bodyOf(request, []);
      await api.resume(named(request, 'name'));
      response.json({ sync: named(request, 'name'), paused: false });
    },
  });
  app.use((_request, response) => refuse(response, 404, nothingHere));
  app.use(onError(log));
  return app;
}

const nothingHere = {
  code: 'not_found',
  message: 'There is nothing at this address.',
  hint: 'Known: /healthz, /readyz, /metrics, /api/syncs, /api/syncs/:name/runs, /api/runs, /api/runs/:id.',
};

function route(app: Application, path: string, { get, post }: Methods): void {
  const at = app.route(path);
  if (get !== undefined) at.get(get);
  if (post !== undefined) at.post(jsonBody, post);
  const allowed = [...(get === undefined ? [] : ['GET', 'HEAD']), ...(post === undefined ? [] : ['POST'])].join(', ');
  at.all((request, response) => {
    const message = `${request.method} is not for this address.`;
    response.set('Allow', allowed);
    refuse(response, 405, { code: 'method_not_allowed', message, hint: `It takes ${allowed}.` });
  });
}

async function answerHealth(api: Api, response: Response): Promise<void> {
  const { problems } = await withinTime(api.health(), healthTimeoutMs, silent);
  response.status(problems.length === 0 ? 200 : 503);
  response.json({ status: problems.length === 0 ? 'ready' : 'not ready', problems });
}

function silent(): Awaited<ReturnType<Api['health']>> {
  const message = 'The state database does not answer in time.';
  const hint = 'See whether it runs, and whether this machine reaches it.';
  return { problems: [{ code: 'state_slow', message, hint }] };
}

async function answerMetrics(api: Api, response: Response): Promise<void> {
  const { contentType, text } = await api.metrics();
  response.set('Content-Type', contentType).end(text);
}

async function answerRuns(api: Api, request: Request, response: Response): Promise<void> {
  const { sync, limit, ...others } = request.query;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw badRequest('A parameter of the query is unknown.', 'Known: sync, limit.');
  if (sync !== undefined && typeof sync !== 'string') throw badRequest('sync was given twice.', 'Name one sync.');
  response.json(await api.runs(sync ?? null, limitOf(limit)));
}

function limitOf(limit: unknown): number {
  if (limit === undefined) return usualRuns;
  const number = typeof limit === 'string' && /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (number >= 1 && number <= mostRuns) return number;
  throw badRequest(`limit takes a whole number from 1 to ${mostRuns}.`, 'Correct the parameter limit.');
}

async function answerTrigger(api: Api, request: Request, response: Response): Promise<void> {
  bodyOf(request, []);
  const { runId } = await api.trigger(named(request, 'name'));
  response.status(202).location(`/api/runs/${runId}`).json({ runId });
}

async function answerPause(api: Api, request: Request, response: Response): Promise<void> {
  const note = noteOf(request);
  await api.pause(named(request, 'name'), note);
  response.json({ sync: named(request, 'name'), paused: true });
}

function named(request: Request, parameter: string): string {
  const value = request.params[parameter];
  if (typeof value !== 'string') throw new TypeError(`no parameter ${parameter}`);
  return value;
}

/** The last resort: every error becomes JSON, without a stack; what is our fault is logged. */
function onError(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const { status, told } = answerOf(error);
    const cause = error instanceof Error ? { name: error.name, cause: systemCode(error) } : {};
    if (status >= 500) log.warn('request failed', { method: request.method, status, code: told.code, ...cause });
    if (response.headersSent) next(error);
    else refuse(response, status, told);
  };
}
