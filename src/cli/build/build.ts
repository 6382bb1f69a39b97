/** Joins the compiled modules of the command line: Node reads a few files when a command starts instead of hundreds. */

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Compiled, this file stands in dist/src/cli/build. */
const target = new URL('../../', import.meta.url);

await build({
  entryPoints: [fileURLToPath(new URL('cli.js', target))],
  outdir: fileURLToPath(target),
  // The compiled entry gives way to the joined one; all other modules stay, for tests and benchmarks.
  allowOverwrite: true,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
});
