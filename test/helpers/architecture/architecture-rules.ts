import { basename, dirname } from 'node:path/posix';
import { functionsOf, importsOf, matchLocations } from './source-files.ts';
import type { SourceFile } from './source-files.ts';

/** The rules of docs/architecture.md. A rule returns its violations, each with file and line. */
export type Rule = (files: readonly SourceFile[]) => readonly string[];

const middleFolders = ['config', 'sync', 'source', 'destination', 'state', 'embedded', 'server', 'alerts', 'simulator'];

/** The folders that a folder may import from besides itself. Files at the top count as folders. */
const allowedImports: Readonly<Record<string, readonly string[]>> = {
  cli: ['commands', 'app', 'config', 'core', 'lib'],
  commands: ['daemon', 'app', 'sync', 'simulator', 'alerts', 'core', 'lib'],
  daemon: ['app', 'sync', 'server', 'alerts', 'core', 'lib'],
  app: [...middleFolders, 'core', 'lib'],
  ...Object.fromEntries(middleFolders.map((folder) => [folder, ['core', 'lib']])),
  page: ['core', 'lib'],
  lib: [],
  core: ['lib'],
};

/** The only files that may import a package. */
const packageHomes: Readonly<Record<string, RegExp>> = {
  '@duckdb/node-api': /^source\/duckdb\//,
  '@opentelemetry/api': /^core\/tracing\.ts$/,
  axios: /^destination\/http\//,
  'axios-retry': /^destination\/http\//,
  'cli-progress': /^lib\/terminal\//,
  'cli-table3': /^lib\/terminal\//,
  commander: /^cli\/program\.ts$/,
  'csv-parse': /^core\/csv-file\.ts$/,
  esbuild: /^(page|cli)\/build\//,
  express: /^server\//,
  'fastest-levenshtein': /^lib\/did-you-mean\.ts$/,
  knex: /^state\/db\/migrate\.ts$/,
  'libphonenumber-js': /^core\/formats\.ts$/,
  'node-cron': /^lib\/schedule\/cron\.ts$/,
  nodemailer: /^alerts\/email\.ts$/,
  pg: /^(state\/db\/|embedded\/|source\/(postgres|redshift)\/)/,
  'pg-copy-streams': /^(state\/db\/|embedded\/|source\/postgres\/)/,
  picocolors: /^lib\/terminal\//,
  preact: /^page\//,
  'prom-client': /^server\//,
  'snowflake-sdk': /^source\/snowflake\//,
  uplot: /^page\/views\/sync\//,
  validator: /^core\/formats\.ts$/,
  winston: /^core\/log\.ts$/,
  yaml: /^(config|destination\/openapi)\//,
  zod: /^config\//,
};

const maxFileLines = 300;
const maxFunctionLines = 40;
const maxFilesInFolder = 16;

/** The files to read first in folders where none carries the folder's name. */
const mainFiles: Readonly<Record<string, string>> = {
  config: 'parse.ts',
  core: 'errors.ts',
  'core/model': 'terms.ts',
  destination: 'research-hub.ts',
  sync: 'run-sync.ts',
  'sync/approve': 'apply-plan.ts',
  'sync/audit': 'verify.ts',
};

export const folderRule: Rule = (files) =>
  files.flatMap((file) => {
    const folder = folderOf(file.path);
    const allowed = allowedImports[folder];
    if (allowed === undefined) return [`${file.path}:1 is in a folder without a rule`];
    return importsOf(file).flatMap(({ line, target }) => {
      if (target === null) return [];
      const other = folderOf(target);
      return other === folder || allowed.includes(other) ? [] : [`${file.path}:${line} imports ${target}`];
    });
  });

/** Of the code of the daemon, a browser gets what formats figures; of everything else, the page knows the types. */
export const browserRule: Rule = (files) =>
  files
    .filter(({ path }) => path.startsWith('page/') && !path.startsWith('page/build/'))
    .flatMap((file) =>
      importsOf(file).flatMap(({ line, target, isType }) => {
        const isForBrowsers = target === null || target.startsWith('page/') || target === 'lib/format.ts';
        return isForBrowsers || isType ? [] : [`${file.path}:${line} imports more than types from ${target}`];
      }),
    );

/** The model is pure: types and functions, without packages and without the interfaces of what stores and sends. */
export const modelRule: Rule = (files) =>
  files
    .filter(({ path }) => path.startsWith('core/model/'))
    .flatMap((file) =>
      importsOf(file).flatMap(({ line, specifier, target }) => {
        const allowed = target === null ? specifier.startsWith('node:') : !target.startsWith('core/ports/');
        return allowed ? [] : [`${file.path}:${line} imports ${target ?? specifier}`];
      }),
    );

export const packageRule: Rule = (files) =>
  files.flatMap((file) =>
    importsOf(file).flatMap(({ line, specifier, target }) => {
      if (target !== null || specifier.startsWith('node:')) return [];
      const [scope, name] = specifier.split('/');
      const home = packageHomes[scope?.startsWith('@') === true ? `${scope}/${name}` : (scope ?? '')];
      return home?.test(file.path) === true ? [] : [`${file.path}:${line} imports the package ${specifier}`];
    }),
  );

export const importPathRule: Rule = (files) =>
  files.flatMap((file) =>
    importsOf(file).flatMap(({ line, target }) => {
      if (target === null || files.some(({ path }) => path === target)) return [];
      return [`${file.path}:${line} imports ${target}, which does not exist`];
    }),
  );

/** One violation for each import that is part of a cycle. */
export const cycleRule: Rule = (files) => {
  const edges = new Map(files.map((file) => [file.path, importsOf(file)]));
  const reaches = (from: string, goal: string, seen: Set<string>): boolean =>
    (edges.get(from) ?? []).some(({ target }) => {
      if (target === null || seen.has(target)) return false;
      seen.add(target);
      return target === goal || reaches(target, goal, seen);
    });
  return files.flatMap(({ path }) =>
    (edges.get(path) ?? []).flatMap(({ line, target }) =>
      target !== null && (target === path || reaches(target, path, new Set()))
        ? [`${path}:${line} imports ${target}, which closes a cycle`]
        : [],
    ),
  );
};

/** A pattern that is allowed in some files only, or nowhere. */
function patternRule(pattern: RegExp, home: RegExp | null, what: string): Rule {
  return (files) =>
    files
      .filter(({ path }) => home?.test(path) !== true)
      .flatMap((file) => matchLocations(file, pattern).map((place) => `${place} ${what}`));
}

export const processEnvRule = patternRule(/\bprocess(\?\.|\.|\[['"])env\b/, /^config\/load\.ts$/, 'reads process.env');
export const processExitRule = patternRule(
  /\bprocess(\?\.|\.)(exit|exitCode|abort)\b/,
  /^cli\.ts$/,
  'ends the process',
);
export const defaultExportRule = patternRule(/^export (default\b|\{.*\bas default\b)/, null, 'has a default export');
export const barrelRule = patternRule(/^export (type )?(\*|\{[^}]*\} from)/, null, 're-exports another file');
export const consoleRule = patternRule(/\bconsole\./, null, 'writes to the console');
export const unsafeCastRule = patternRule(
  /\bas unknown as\b|\bas never\b|\bas any(?=[;,.)\]])/,
  null,
  'bypasses the types',
);

export const unfinishedWorkRule: Rule = (files) =>
  files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, at) =>
        /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|expect-error|nocheck)/.test(line)
          ? [`${path}:${at + 1} is unfinished`]
          : [],
      ),
  );

export const nameRule: Rule = (files) =>
  files.flatMap(({ path }) => {
    const name = path.split('/').at(-1) ?? '';
    if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.tsx?$/.test(name)) return [`${path}:1 is not named in kebab-case`];
    return /^(index|utils?|helpers?|misc|common)\.tsx?$/.test(name)
      ? [`${path}:1 has a name that says nothing about it`]
      : [];
  });

export const lengthRule: Rule = (files) =>
  files.flatMap(({ path, text }) => {
    const lines = text.replace(/\n$/, '').split('\n').length;
    return lines > maxFileLines ? [`${path}:${maxFileLines + 1} has ${lines} lines`] : [];
  });

export const crowdRule: Rule = (files) => {
  const folders = new Map<string, number>();
  for (const { path } of files) folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1);
  return [...folders].flatMap(([folder, count]) =>
    count > maxFilesInFolder ? [`${folder}:1 has ${count} files`] : [],
  );
};

/** The main file of a folder says first what the folder is for. */
export const openingRule: Rule = (files) =>
  files
    .filter(isMainFile)
    .flatMap(({ path, text }) => (text.startsWith('/**') ? [] : [`${path}:1 opens without a comment`]));

export const functionRule: Rule = (files) =>
  files.flatMap((file) =>
    functionsOf(file).flatMap(({ line, lines }) =>
      lines > maxFunctionLines ? [`${file.path}:${line} has a function of ${lines} lines`] : [],
    ),
  );

function folderOf(path: string): string {
  const [first = '', ...rest] = path.split('/');
  return rest.length === 0 ? first.replace(/\.tsx?$/, '') : first;
}

function isMainFile({ path }: SourceFile): boolean {
  const folder = dirname(path);
  const name = mainFiles[folder];
  if (name !== undefined) return basename(path) === name;
  return basename(path).replace(/\.tsx?$/, '') === basename(folder);
}
