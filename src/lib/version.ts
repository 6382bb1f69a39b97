import { readFileSync } from 'node:fs';

/** The version of the package. */
export function version(): string {
  const file = new URL('../../../package.json', import.meta.url);
  const { version: own } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return own;
}
