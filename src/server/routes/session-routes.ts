import type { Request, Response } from 'express';
import { seesPeople } from '../access/access-control.ts';
import type { AccessControl, Caller } from '../access/access-control.ts';
import type { DaemonApi } from '../api.ts';
import { badRequestError, sendError } from '../http/error-response.ts';
import { readBody, readFlag, readText } from '../http/request-body.ts';
import { get, post } from './route.ts';
import type { Route } from './route.ts';

/** Signing in and out on the page, and asking to see people. */
export function sessionRoutes(api: DaemonApi, access: AccessControl): readonly Route[] {
  const sendSession = (response: Response, caller: Caller | null): void =>
    void response.json(sessionDocument(caller, api, access.tokenRequired));
  return [
    {
      ...get('/api/session', 'public', async (request, response) => {
        const caller = await access.identifyGuest(request, response);
        if (caller !== 'answered') sendSession(response, caller);
      }),
      ...post('/api/session', 'public', async (request, response) => {
        const { token } = readBody(request, ['token']);
        if (typeof token !== 'string') throw badRequestError('The body has no token.', 'Send {"token": "…"}.');
        if (!access.tokenRequired) throw badRequestError('No token is set.', 'Use the page without signing in.');
        const caller = await access.signIn(request, response, token);
        if (caller !== 'answered') sendSession(response, caller);
      }),
    },
    post('/api/session/end', 'public', (request, response) => {
      readBody(request, []);
      access.signOut(request, response);
      sendSession(response, null);
    }),
    post('/api/session/people', 'operate', async (request, response) => {
      const caller = access.callerOf(request);
      if (await changeVisibility(request, response, { api, caller })) sendSession(response, caller);
    }),
  ];
}

/** People show only once it is on record who asked. */
async function changeVisibility(
  request: Request,
  response: Response,
  { api, caller }: { readonly api: DaemonApi; readonly caller: Caller | null },
): Promise<boolean> {
  const { hide, ...note } = readBody(request, ['hide', 'by', 'reason']);
  const [by, reason] = [readText(note['by'], 'by') ?? 'page', readText(note['reason'], 'reason')];
  const session = caller?.session ?? null;
  if (session === null) {
    const hint = 'Sign in on the page. A program that sends server.token sees people as they are.';
    sendError(response, 403, { code: 'no_session', message: 'Only a session shows and hides people.', hint });
    return false;
  }
  if (readFlag(hide, 'hide')) session.hidePeople();
  else {
    if (!session.showsPeople) await api.recordShowPeople({ by, reason });
    session.showPeople();
  }
  return true;
}

function sessionDocument(caller: Caller | null, api: DaemonApi, tokenRequired: boolean): object {
  // Strangers do not learn which version is running, or for which Hub.
  const { version, hubAddress } = caller === null ? { version: null, hubAddress: null } : api.about();
  return {
    access: caller === null ? 'none' : caller.role === 'reader' ? 'read' : 'operate',
    tokenRequired,
    people: caller === null || caller.role === 'local' ? 'hidden' : seesPeople(caller) ? 'shown' : 'masked',
    expiresAt: caller?.session == null ? null : new Date(caller.session.expiresAtMs).toISOString(),
    version,
    hubAddress,
  };
}
