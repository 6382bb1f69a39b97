import type { Request } from 'express';
import type { RunError } from '../../core/model/terms.ts';

/**
 * Browsers say which page a request comes from; only a page of this server may change anything. A session is used by
 * nothing but browsers: there, saying nothing is refused too, and so is what a page elsewhere reads, or sends without
 * asking first (a form, text).
 */
export function foreignPageRefusal(request: Request, hasSession: boolean): RunError | null {
  const { origin, site } = readPage(request);
  if (origin === 'foreign' && !isReading(request)) return foreignPage;
  if (site === 'foreign' && (hasSession || !isReading(request))) return foreignPage;
  if (!hasSession || isReading(request)) return null;
  if (origin === null && site === null) return foreignPage;
  return /^application\/json\b/i.test(request.get('content-type') ?? '') ? null : notJson;
}

interface PageOfRequest {
  readonly origin: 'own' | 'foreign' | null;
  readonly site: 'own' | 'foreign' | null;
}

function readPage(request: Request): PageOfRequest {
  const [host, origin, site] = [request.get('host'), request.get('origin'), request.get('sec-fetch-site') ?? 'none'];
  const ownOrigins = [`http://${host}`, `https://${host}`];
  return {
    origin: origin === undefined ? null : ownOrigins.includes(origin) ? 'own' : 'foreign',
    site: site === 'none' ? null : site === 'same-origin' ? 'own' : 'foreign',
  };
}

function isReading({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD';
}

const foreignPage: RunError = {
  code: 'foreign_page',
  message: 'The request comes from a page of another site.',
  hint: 'Call from a program, or open the page of panelsync itself. A proxy in front must pass the header Host on.',
};

const notJson: RunError = {
  code: 'not_json',
  message: 'A session sends JSON only.',
  hint: 'Send Content-Type: application/json.',
};
