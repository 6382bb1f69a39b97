import { readFileSync } from 'node:fs';

/** The version of the package. */
export function version(): string {
  const file = new URL('../../../package.json', import.meta.url);
  const { version: packageVersion } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return packageVersion;
}
