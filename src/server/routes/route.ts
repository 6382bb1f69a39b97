import type { Request, Response } from 'express';
import type { PeopleEndpoint } from '../people/people.ts';

/**
 * Who may use an endpoint: `public` everyone; `read` who may look; `people` the same, with a token in any case, since it
 * shows people; `operate` who may start and change things.
 */
export type Access = 'public' | 'read' | 'people' | 'operate';

export type Handler = (request: Request, response: Response) => Promise<void> | void;

export interface Endpoint {
  readonly access: Access;
  /** Answers that hold people pass the gate of `people/people.ts`. */
  readonly handle: Handler | PeopleEndpoint;
}

/** One address and its methods, as data: the router serves it, and a test compares it with the API description. */
export interface Route {
  /** With parameters as express writes them, such as `/api/runs/:id`. */
  readonly path: string;
  readonly get?: Endpoint;
  readonly post?: Endpoint;
}

export function get(path: string, access: 'people', handle: PeopleEndpoint): Route;
export function get(path: string, access: Exclude<Access, 'people'>, handle: Endpoint['handle']): Route;
export function get(path: string, access: Access, handle: Endpoint['handle']): Route {
  return { path, get: { access, handle } };
}

export function post(path: string, access: Exclude<Access, 'people'>, handle: Endpoint['handle']): Route {
  return { path, post: { access, handle } };
}

/** A handler that answers with what it returns, as JSON. */
export function json(answer: (request: Request) => Promise<unknown>): Handler {
  return async (request, response) => void response.json(await answer(request));
}

export function pathParameter(request: Request, parameter: string): string {
  const value = request.params[parameter];
  if (typeof value !== 'string') throw new TypeError(`no parameter ${parameter}`);
  return value;
}
