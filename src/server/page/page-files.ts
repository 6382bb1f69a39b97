import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { extname, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemCode } from '../../lib/system-code.ts';
import { compress } from './encoding.ts';
import type { Encoding } from './encoding.ts';

/** A file of the page, in memory. */
export interface PageFile {
  readonly contentType: string;
  /** Of its content. */
  readonly hash: string;
  /** Its name changes with its content, so it may be cached forever. */
  readonly isImmutable: boolean;
  /** Its content; compressed once, when first asked for. */
  encoded(encoding: Encoding): Promise<Buffer>;
}

/** By their addresses. Only what is in here is served, so no address leads out of the folder. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** What a page consists of; other files of the folder are not served. */
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** `NAME-HASH.ext`. */
const hashedName = /-[0-9A-Za-z_]{8,}\.\w+$/;

/** `index.html` and what is in `assets`; none where the folder is missing. */
export async function readPageFiles(folder: URL): Promise<PageFiles> {
  const root = fileURLToPath(folder);
  const files = new Map<string, PageFile>();
  for (const name of await filesIn(root)) {
    const address = `/${name.split(sep).join('/')}`;
    const contentType = contentTypes[extname(name)];
    const isServed = address === '/index.html' || address.startsWith('/assets/');
    if (contentType !== undefined && isServed)
      files.set(address, pageFile(await readFile(new URL(`.${address}`, folder)), { address, contentType }));
  }
  return files;
}

async function filesIn(root: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, `${entry.parentPath}/${entry.name}`));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function pageFile(
  content: Buffer,
  { address, contentType }: { readonly address: string; readonly contentType: string },
): PageFile {
  const encodings = new Map<Encoding, Promise<Buffer>>();
  return {
    contentType,
    hash: createHash('sha256').update(content).digest('base64url').slice(0, 22),
    isImmutable: address.startsWith('/assets/') && hashedName.test(address),
    encoded: (encoding) => {
      const body = encodings.get(encoding) ?? compress(content, encoding);
      encodings.set(encoding, body);
      return body;
    },
  };
}
