/** The endpoints of the API, by resource. */

import type { DaemonApi } from '../api.ts';
import { auditRoutes } from './audit-routes.ts';
import { descriptionRoutes } from './description-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { peopleRoutes } from './people-routes.ts';
import type { Route } from './route.ts';
import { runRoutes } from './run-routes.ts';
import { syncRoutes } from './sync-routes.ts';

/** All addresses of the server, by resource. */
export function createRoutes(api: DaemonApi): readonly Route[] {
  return [
    ...healthRoutes(api),
    ...syncRoutes(api),
    ...runRoutes(api),
    ...peopleRoutes(api),
    ...auditRoutes(api),
    ...descriptionRoutes(),
  ];
}
