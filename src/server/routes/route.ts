import type { Request, Response } from 'express';

/**
 * Who may use an endpoint: `public` everyone; `read` who may look; `people` the same, with a token in any case, since it
 * shows people; `operate` who may start and change things.
 */
export type Access = 'public' | 'read' | 'people' | 'operate';

export interface Endpoint {
  readonly access: Access;
  readonly handle: (request: Request, response: Response) => Promise<void> | void;
}

/** One address and its methods, as data: the router serves it, and a test compares it with the API description. */
export interface Route {
  /** With parameters as express writes them, such as `/api/runs/:id`. */
  readonly path: string;
  readonly get?: Endpoint;
  readonly post?: Endpoint;
}

export function get(path: string, access: Access, handle: Endpoint['handle']): Route {
  return { path, get: { access, handle } };
}

export function post(path: string, access: Access, handle: Endpoint['handle']): Route {
  return { path, post: { access, handle } };
}

/** A handler that answers with what it returns, as JSON. */
export function json(answer: (request: Request) => Promise<unknown>): Endpoint['handle'] {
  return async (request, response) => void response.json(await answer(request));
}

export function pathParameter(request: Request, parameter: string): string {
  const value = request.params[parameter];
  if (typeof value !== 'string') throw new TypeError(`no parameter ${parameter}`);
  return value;
}
