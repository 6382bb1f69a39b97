/**
 * Joins the compiled modules of the command line, and of the process that runs DuckDB: Node reads a few files when they
 * start instead of hundreds.
 */

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Compiled, this file stands in dist/src/cli/build. */
const target = new URL('../../', import.meta.url);

await build({
  entryPoints: ['cli.js', 'source/duckdb/engine-process.js'].map((entry) => fileURLToPath(new URL(entry, target))),
  outbase: fileURLToPath(target),
  outdir: fileURLToPath(target),
  // The compiled entries give way to the joined ones; all other modules stay, for tests and benchmarks.
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
