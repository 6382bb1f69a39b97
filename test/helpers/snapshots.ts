import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

/** Compiled, this file stands in dist/test/helpers. */
const folder = new URL('../../../test/snapshots/', import.meta.url);

/**
 * Compares a text for people with test/snapshots/<name>.txt, the one place that pins its words.
 * `UPDATE_SNAPSHOTS=1` writes the file instead; read the difference before you commit it.
 */
export async function expectSnapshot(name: string, text: string): Promise<void> {
  const file = fileURLToPath(new URL(`${name}.txt`, folder));
  const actual = `${text.replace(/\n+$/, '')}\n`;
  if (process.env['UPDATE_SNAPSHOTS'] === '1') {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, actual);
    return;
  }
  const expected = await readFile(file, 'utf8').catch(() => '');
  expect(actual, `test/snapshots/${name}.txt (UPDATE_SNAPSHOTS=1 writes it)`).to.equal(expected);
}

/** What differs from run to run, in a form that does not; `replacements` are texts of the test's own. */
export function normalizeText(text: string, replacements: Readonly<Record<string, string>> = {}): string {
  let normalized = text.replaceAll('\r\n', '\n');
  const caller = `${userInfo().username}@${hostname()}`;
  for (const [from, to] of Object.entries({ [caller]: 'user@host', ...replacements }))
    normalized = normalized.replaceAll(from, to);
  return normalized
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, '2026-01-31 10:00:00Z')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-01-31T10:00:00.000Z')
    .replaceAll(/\b(caller|user@host) {2,}/g, '$1  ')
    .replaceAll(/\b\d+\.\d s\b/g, '0.1 s')
    .replaceAll(/(127\.0\.0\.1|localhost|0\.0\.0\.0|\[::1\]):\d+/g, '$1:12345')
    .replaceAll(/\brequest [\w-]+(?=[),])/g, 'request r-1')
    .replaceAll(/\bby [\w.-]+@[\w.-]+/g, 'by user@host')
    .replaceAll(/\/tmp\/panelsync-[\w-]+/g, '/tmp/panelsync-x');
}
