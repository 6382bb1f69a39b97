/** The endpoints of the API, by resource. */

import type { DaemonApi } from '../api.ts';
import { eventRoutes } from './event-routes.ts';
import type { EventAccess } from './event-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { descriptionRoutes } from './description-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { peopleRoutes } from './people-routes.ts';
import type { Route } from './route.ts';
import { rowRoutes } from './row-routes.ts';
import type { Pages } from '../http/page.ts';
import { runRoutes } from './run-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { syncRoutes } from './sync-routes.ts';

export interface RouteTools extends EventAccess {
  readonly pages: Pages;
}

/** All addresses of the server, by resource. */
export function createRoutes(api: DaemonApi, { pages, ...eventAccess }: RouteTools): readonly Route[] {
  return [
    ...healthRoutes(api),
    ...sessionRoutes(api, eventAccess.access),
    ...eventRoutes(api, eventAccess),
    ...syncRoutes(api),
    ...runRoutes(api, pages),
    ...rowRoutes(api, pages),
    ...peopleRoutes(api),
    ...auditRoutes(api, pages),
    ...descriptionRoutes(),
  ];
}
