/** Bundles the page into static files: index.html, and assets whose names carry a hash of their content. */

import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Metafile } from 'esbuild';

/** Compiled, this file stands in dist/src/page/build. */
const source = new URL('../../../../src/page/', import.meta.url);
const target = new URL('../', import.meta.url);

await rm(new URL('assets/', target), { recursive: true, force: true });
await mkdir(new URL('assets/', target), { recursive: true });
const { outputFiles, metafile } = await bundle();
for (const { path, contents } of outputFiles) await writeFile(new URL(`assets/${basename(path)}`, target), contents);
const icon = await readFile(new URL('shell/icon.svg', source));
const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
await writeFile(new URL(`assets/${iconName}`, target), icon);
await writeFile(new URL('index.html', target), await renderIndex(metafile, iconName));

function bundle() {
  return build({
    entryPoints: ['page.tsx', 'styles/page.css'].map((file) => fileURLToPath(new URL(file, source))),
    outdir: fileURLToPath(new URL('assets', target)),
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    minify: true,
    legalComments: 'none',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
}

/** The one document of the page. What its script imports is announced, so that the browser fetches all at once. */
async function renderIndex({ outputs }: Metafile, iconFile: string): Promise<string> {
  const outputOf = (file: string): [string, Metafile['outputs'][string]] => {
    const output = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(file) === true);
    if (output === undefined) throw new Error(`esbuild wrote no file for ${file}`);
    return output;
  };
  const [script, { imports }] = outputOf('page.tsx');
  const [style] = outputOf('page.css');
  const shared = imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path);
  const preloads = shared.map((path) => `<link rel="modulepreload" href="${addressOf(path)}" />`).join('\n    ');
  const template = await readFile(new URL('shell/index.html', source), 'utf8');
  return template
    .replace('<!-- preloads -->', preloads)
    .replace('page.css', addressOf(style))
    .replace('page.js', addressOf(script))
    .replace('icon.svg', addressOf(iconFile));
}

function addressOf(path: string): string {
  return `/assets/${basename(path)}`;
}
