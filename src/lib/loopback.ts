import { isIPv4 } from 'node:net';

/** Whether a host is this machine itself: 127.0.0.0/8, ::1 (with or without a URL's brackets) or localhost. */
export function isLoopbackHost(host: string): boolean {
  const normalized = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return normalized === 'localhost' || normalized === '::1' || (isIPv4(normalized) && normalized.startsWith('127.'));
}
