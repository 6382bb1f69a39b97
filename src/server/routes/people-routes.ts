import type { DaemonApi } from '../api.ts';
import { badRequestError } from '../http/error-response.ts';
import { readQuery } from '../http/query.ts';
import { people } from '../people/people.ts';
import { get } from './route.ts';
import type { Route } from './route.ts';

export function peopleRoutes(api: DaemonApi): readonly Route[] {
  return [
    get(
      '/api/people',
      'people',
      people(async (request) => {
        const { email = '', key = null, sync = null } = readQuery(request, ['email', 'key', 'sync']);
        if (email.trim() === '') throw badRequestError('The parameter email is missing.', 'Add ?email=….');
        return api.person({ email, key, sync });
      }),
    ),
  ];
}
