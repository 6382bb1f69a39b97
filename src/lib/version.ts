import { readFileSync } from 'node:fs';
import { packageFile } from './package-file.ts';

/** The version of the package. */
export function version(): string {
  const { version: packageVersion } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
    readonly version: string;
  };
  return packageVersion;
}
