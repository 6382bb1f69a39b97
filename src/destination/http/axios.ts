import { createRequire } from 'node:module';

/**
 * axios, loaded with the first request: most commands send none, and a quarter of the time that a command needs to
 * start went into it. `require` gives its build in one file; `import` would read sixty.
 */
export function loadAxios(): typeof import('axios') {
  return createRequire(import.meta.url)('axios') as typeof import('axios');
}
