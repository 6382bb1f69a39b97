import { withTimeout } from '../../lib/async/with-timeout.ts';
import type { DaemonApi, Health } from '../api.ts';
import { get } from './route.ts';
import type { Route } from './route.ts';

/** Probes wait about a second; a database that does not answer within this time counts as unavailable. */
const timeoutMs = 900;

export function healthRoutes(api: DaemonApi): readonly Route[] {
  return [
    get('/healthz', 'public', (_request, response) => void response.json({ status: 'ok' })),
    get('/readyz', 'public', async (_request, response) => {
      const { problems } = await withTimeout(api.health(), timeoutMs, healthTimedOut);
      response.status(problems.length === 0 ? 200 : 503);
      response.json({ status: problems.length === 0 ? 'ready' : 'not ready', problems });
    }),
    get('/metrics', 'read', async (_request, response) => {
      const { contentType, text } = await api.metrics();
      response.set('Content-Type', contentType).end(text);
    }),
  ];
}

function healthTimedOut(): Health {
  const message = `The state database did not answer within ${timeoutMs} ms.`;
  const hint = 'Check that it is running and that this machine can reach it.';
  return { problems: [{ code: 'state_slow', message, hint }] };
}
