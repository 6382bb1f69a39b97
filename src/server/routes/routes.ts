import express from 'express';
import type { Application, ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { systemCode } from '../../lib/system-code.ts';
import type { Log } from '../../core/ports/log.ts';
import { requireAccess, securityHeaders } from '../access/access-control.ts';
import { toErrorResponse, badRequestError, sendError } from '../http/error-response.ts';
import type { DaemonApi } from '../api.ts';
import { readBody, parseJsonBody, readPauseNote } from '../http/request-body.ts';
import { withTimeout } from '../../lib/async/with-timeout.ts';

const defaultRunLimit = 20;
const maxRunLimit = 1000;

/** Probes wait a second or so; a database that says nothing for this long counts as gone. */
const healthTimeoutMs = 900;

/** The methods of one path. */
interface RouteHandlers {
  readonly get?: RequestHandler;
  readonly post?: RequestHandler;
}

export interface RouteSettings {
  readonly token: string | null;
  readonly log: Log;
}

/** All routes, with what surrounds them. */
export function createRoutes(api: DaemonApi, { token, log }: RouteSettings): Application {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(securityHeaders);
  route(app, '/healthz', { get: (_request, response) => void response.json({ status: 'ok' }) });
  route(app, '/readyz', { get: (_request, response) => sendHealth(api, response) });
  app.use(requireAccess(token));
  route(app, '/metrics', { get: (_request, response) => sendMetrics(api, response) });
  route(app, '/api/syncs', { get: async (_request, response) => void response.json(await api.syncs()) });
  route(app, '/api/runs', { get: (request, response) => sendRuns(api, request, response) });
  route(app, '/api/runs/:id', {
    get: async (request, response) => void response.json(await api.run(pathParameter(request, 'id'))),
  });
  route(app, '/api/syncs/:name/runs', { post: (request, response) => triggerRun(api, request, response) });
  route(app, '/api/syncs/:name/pause', { post: (request, response) => pauseSync(api, request, response) });
  route(app, '/api/syncs/:name/resume', {
    post: async (request, response) => {
      readBody(request, []);
      await api.resume(pathParameter(request, 'name'));
      response.json({ sync: pathParameter(request, 'name'), paused: false });
    },
  });
  app.use((_request, response) => sendError(response, 404, notFound));
  app.use(errorHandler(log));
  return app;
}

const notFound = {
  code: 'not_found',
  message: 'There is nothing at this address.',
  hint: 'Known: /healthz, /readyz, /metrics, /api/syncs, /api/syncs/:name/runs, /api/runs, /api/runs/:id.',
};

function route(app: Application, path: string, { get, post }: RouteHandlers): void {
  const expressRoute = app.route(path);
  if (get !== undefined) expressRoute.get(get);
  if (post !== undefined) expressRoute.post(parseJsonBody, post);
  const allowedMethods = [...(get === undefined ? [] : ['GET', 'HEAD']), ...(post === undefined ? [] : ['POST'])].join(
    ', ',
  );
  expressRoute.all((request, response) => {
    const message = `${request.method} is not for this address.`;
    response.set('Allow', allowedMethods);
    sendError(response, 405, { code: 'method_not_allowed', message, hint: `It takes ${allowedMethods}.` });
  });
}

async function sendHealth(api: DaemonApi, response: Response): Promise<void> {
  const { problems } = await withTimeout(api.health(), healthTimeoutMs, healthTimedOut);
  response.status(problems.length === 0 ? 200 : 503);
  response.json({ status: problems.length === 0 ? 'ready' : 'not ready', problems });
}

function healthTimedOut(): Awaited<ReturnType<DaemonApi['health']>> {
  const message = 'The state database does not answer in time.';
  const hint = 'See whether it runs, and whether this machine reaches it.';
  return { problems: [{ code: 'state_slow', message, hint }] };
}

async function sendMetrics(api: DaemonApi, response: Response): Promise<void> {
  const { contentType, text } = await api.metrics();
  response.set('Content-Type', contentType).end(text);
}

async function sendRuns(api: DaemonApi, request: Request, response: Response): Promise<void> {
  const { sync, limit, ...unknownParameters } = request.query;
  const [unknown] = Object.keys(unknownParameters);
  if (unknown !== undefined) throw badRequestError('A parameter of the query is unknown.', 'Known: sync, limit.');
  if (sync !== undefined && typeof sync !== 'string') throw badRequestError('sync was given twice.', 'Name one sync.');
  response.json(await api.runs(sync ?? null, readLimit(limit)));
}

function readLimit(limit: unknown): number {
  if (limit === undefined) return defaultRunLimit;
  const value = typeof limit === 'string' && /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (value >= 1 && value <= maxRunLimit) return value;
  throw badRequestError(`limit takes a whole number from 1 to ${maxRunLimit}.`, 'Correct the parameter limit.');
}

async function triggerRun(api: DaemonApi, request: Request, response: Response): Promise<void> {
  readBody(request, []);
  const { runId } = await api.trigger(pathParameter(request, 'name'));
  response.status(202).location(`/api/runs/${runId}`).json({ runId });
}

async function pauseSync(api: DaemonApi, request: Request, response: Response): Promise<void> {
  const note = readPauseNote(request);
  await api.pause(pathParameter(request, 'name'), note);
  response.json({ sync: pathParameter(request, 'name'), paused: true });
}

function pathParameter(request: Request, parameter: string): string {
  const value = request.params[parameter];
  if (typeof value !== 'string') throw new TypeError(`no parameter ${parameter}`);
  return value;
}

/** The last resort: every error becomes JSON, without a stack; what is our fault is logged. */
function errorHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const { status, body } = toErrorResponse(error);
    const cause = error instanceof Error ? { name: error.name, cause: systemCode(error) } : {};
    if (status >= 500) log.warn('request failed', { method: request.method, status, code: body.code, ...cause });
    if (response.headersSent) next(error);
    else sendError(response, status, body);
  };
}
