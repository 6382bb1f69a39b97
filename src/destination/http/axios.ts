import { createRequire } from 'node:module';
import { setImmediate as letOthersWork } from 'node:timers/promises';

const require = createRequire(import.meta.url);
let axios: typeof import('axios') | null = null;

/**
 * axios, loaded with the first request: most commands send none, and a quarter of the time that a command needs to
 * start went into it. `require` gives its build in one file; `import` would read sixty.
 */
export function loadAxios(): typeof import('axios') {
  axios ??= require('axios') as typeof import('axios');
  return axios;
}

/**
 * Loads axios ahead of the first request, one of its packages at a time: as a whole it would keep answers of the
 * database waiting, for as long as a run of a few changes takes to compare them.
 */
export async function preloadAxios(): Promise<void> {
  if (axios !== null) return;
  const { dependencies } = require('axios/package.json') as { readonly dependencies: Readonly<Record<string, string>> };
  const requireOfAxios = createRequire(require.resolve('axios'));
  for (const name of Object.keys(dependencies)) {
    requireOfAxios(name);
    await letOthersWork();
  }
  loadAxios();
}
