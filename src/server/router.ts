import express from 'express';
import type { Application, ErrorRequestHandler, RequestHandler } from 'express';
import type { Log } from '../core/ports/log.ts';
import { systemCode } from '../lib/system-code.ts';
import { AccessControl } from './access/access-control.ts';
import type { AccessTokens } from './access/token-check.ts';
import { securityHeaders } from './access/security-headers.ts';
import type { DaemonApi } from './api.ts';
import type { EventStreams } from './events/events.ts';
import { sendError, toErrorResponse } from './http/error-response.ts';
import { parseJsonBody } from './http/request-body.ts';
import type { Endpoint, Route } from './routes/route.ts';
import { createRoutes } from './routes/routes.ts';
import type { Page } from './page/page.ts';
import { Cursors } from './http/cursors.ts';
import { Pages } from './http/page.ts';
import { answerPeople } from './people/people.ts';

export interface RouterSettings extends AccessTokens {
  readonly streams: EventStreams;
  readonly log: Log;
  readonly page: Page;
}

/** Serves the page and the routes: access control before them, errors as JSON after them. */
export function createRouter(api: DaemonApi, { log, page, streams, ...tokens }: RouterSettings): Application {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(securityHeaders);
  app.use(page.serve);
  const access = new AccessControl(tokens);
  // Not from the token that only reads: who has it could read the cursors.
  const pages = new Pages(new Cursors(tokens.token));
  const routes = createRoutes(api, { access, streams, pages });
  for (const route of routes.filter(isPublic)) addRoute(app, route, access);
  // Before the addresses are looked up: without access nobody learns which exist.
  app.use(access.authenticate);
  for (const route of routes.filter((candidate) => !isPublic(candidate))) addRoute(app, route, access);
  app.use((_request, response) => sendError(response, 404, notFound));
  app.use(errorHandler(log));
  return app;
}

const notFound = {
  code: 'not_found',
  message: 'This address does not exist.',
  hint: 'GET /api/openapi.json describes all addresses.',
};

function isPublic({ get, post }: Route): boolean {
  return (get ?? post)?.access === 'public';
}

function addRoute(app: Application, { path, get, post }: Route, access: AccessControl): void {
  const expressRoute = app.route(path);
  if (get !== undefined) expressRoute.get(...handlers(get, access));
  if (post !== undefined) {
    const [allow, handle] = handlers(post, access);
    expressRoute.post(allow, parseJsonBody, handle);
  }
  const allowedMethods = [...(get === undefined ? [] : ['GET', 'HEAD']), ...(post === undefined ? [] : ['POST'])];
  const allow = allowedMethods.join(', ');
  expressRoute.all((request, response) => {
    const message = `This address does not support ${request.method}.`;
    response.set('Allow', allow);
    sendError(response, 405, { code: 'method_not_allowed', message, hint: `Use ${allow}.` });
  });
}

function handlers({ access: level, handle }: Endpoint, access: AccessControl): [RequestHandler, RequestHandler] {
  if (typeof handle === 'function') return [access.require(level), handle];
  const answer: RequestHandler = (request, response) =>
    answerPeople(handle, { request, response, visibility: access.visibilityFor(request) });
  return [access.require(level), answer];
}

/** The last resort: every error becomes JSON, without a stack; our own errors are logged. */
function errorHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const { status, body } = toErrorResponse(error);
    const cause = error instanceof Error ? { name: error.name, cause: systemCode(error) } : {};
    if (status >= 500) log.warn('request failed', { method: request.method, status, code: body.code, ...cause });
    if (response.headersSent) next(error);
    else sendError(response, status, body);
  };
}
