import { createRequire } from 'node:module';

let axios: typeof import('axios') | null = null;

/**
 * axios, loaded with the first request: most commands send none, and a quarter of the time that a command needs to
 * start went into it. `require` gives its build in one file; `import` would read sixty.
 */
export function loadAxios(): typeof import('axios') {
  axios ??= createRequire(import.meta.url)('axios') as typeof import('axios');
  return axios;
}
