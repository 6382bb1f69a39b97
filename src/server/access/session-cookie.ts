import type { Request, Response } from 'express';

/** The ids of sessions that a request carries: one, unless another program on this host set a cookie of that name. */
export function readSessionIds(request: Request): readonly string[] {
  const names = new Set([cookieName(request, false), cookieName(request, true)]);
  return (request.get('cookie') ?? '').split(';').flatMap((pair) => {
    const [, name = '', value = ''] = /^\s*([^=\s]+)=([\w-]{43})\s*$/.exec(pair) ?? [];
    return names.has(name) ? [value] : [];
  });
}

export function setSessionCookie(request: Request, response: Response, id: string): void {
  const isSecure = isBehindTls(request);
  response.append('Set-Cookie', `${cookieName(request, isSecure)}=${id}; ${attributes(isSecure)}`);
}

export function clearSessionCookie(request: Request, response: Response): void {
  const isSecure = isBehindTls(request);
  response.append('Set-Cookie', `${cookieName(request, isSecure)}=; Max-Age=0; ${attributes(isSecure)}`);
}

/**
 * Browsers send cookies to every port of a host, so the name carries ours. `__Host-` keeps other hosts of the domain
 * from setting it.
 */
function cookieName({ socket }: Request, isSecure: boolean): string {
  return `${isSecure ? '__Host-' : ''}panelsync-${socket.localPort}`;
}

/** The page says where it was loaded from, whatever stands between; headers of a proxy need no trust. */
function isBehindTls(request: Request): boolean {
  return (request.get('origin') ?? '').startsWith('https://');
}

function attributes(isSecure: boolean): string {
  return `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
}
