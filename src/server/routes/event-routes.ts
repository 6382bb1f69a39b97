import type { AccessControl } from '../access/access-control.ts';
import type { DaemonApi } from '../api.ts';
import type { EventStreams } from '../events/events.ts';
import { readQuery } from '../http/query.ts';
import { get } from './route.ts';
import type { Route } from './route.ts';

export interface EventAccess {
  readonly access: AccessControl;
  readonly streams: EventStreams;
}

export function eventRoutes(api: DaemonApi, { access, streams }: EventAccess): readonly Route[] {
  return [
    get('/api/events', 'read', (request, response) => {
      readQuery(request, []);
      const session = access.callerOf(request)?.session ?? null;
      streams.open(request, response, { session, subscribe: (listener) => api.watch(listener) });
    }),
  ];
}
