/** The web page of the daemon: static files that the build made, served to everyone, since they hold nothing. */

import type { Request, RequestHandler, Response } from 'express';
import { pageHeaders } from '../access/security-headers.ts';
import { packageFile } from '../../lib/package-file.ts';
import { acceptedEncoding } from './encoding.ts';
import { readPageFiles } from './page-files.ts';
import type { PageFile, PageFiles } from './page-files.ts';

/** Where the build puts the page. */
export const builtPageFolder = packageFile('dist/src/page/');

/** Addresses that programs call: the page has none below them. */
const programAddress = /^\/(api|assets|metrics|healthz|readyz)(\/|$)/;

const notBuiltText = `The page is not part of this build.

In a checkout, run "npm run build" and start panelsync again. The API works without the page: see /api/openapi.json.
`;

/** The page, and which requests it answers. */
export class Page {
  readonly #folder: URL;
  #files: PageFiles = new Map();

  constructor(folder: URL) {
    this.#folder = folder;
  }

  /** Reads the files once: an update of the package under a running daemon mixes no versions. */
  async load(): Promise<void> {
    this.#files = await readPageFiles(this.#folder);
  }

  /** Answers browsers that ask for a page, and requests for its files; everything else goes on to the API. */
  readonly serve: RequestHandler = async (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    if (request.path.startsWith('/assets/')) {
      const file = this.#files.get(request.path);
      return file === undefined ? next() : sendFile(request, response, file);
    }
    if (programAddress.test(request.path)) return next();
    response.vary('Accept');
    if (!asksForPage(request)) return next();
    const index = this.#files.get('/index.html');
    if (index === undefined) sendNotBuilt(response);
    else await sendFile(request, response, index);
  };
}

/** Programs accept anything; only browsers ask for HTML by name. */
function asksForPage(request: Request): boolean {
  return /\btext\/html\b/i.test(request.get('accept') ?? '');
}

async function sendFile(request: Request, response: Response, file: PageFile): Promise<void> {
  const encoding = acceptedEncoding(request.get('accept-encoding'));
  const body = await file.encoded(encoding);
  response.set({ ...pageHeaders, 'Content-Type': file.contentType, ETag: `"${file.hash}-${encoding}"` });
  response.set('Cache-Control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  response.vary('Accept-Encoding');
  if (request.fresh) return void response.status(304).end();
  if (encoding !== 'identity') response.set('Content-Encoding', encoding);
  response.send(body);
}

function sendNotBuilt(response: Response): void {
  response.status(404).type('text/plain').send(notBuiltText);
}
