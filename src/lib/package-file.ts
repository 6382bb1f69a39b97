import { existsSync } from 'node:fs';

/** Where the package begins: the build puts some modules deeper than others. */
const packageFolder = findPackageFolder(new URL('./', import.meta.url));

/** A file or folder of the package, such as `migrations/`; paths are relative to its package.json. */
export function packageFile(path: string): URL {
  return new URL(path, packageFolder);
}

function findPackageFolder(folder: URL): URL {
  return existsSync(new URL('package.json', folder)) ? folder : findPackageFolder(new URL('../', folder));
}
