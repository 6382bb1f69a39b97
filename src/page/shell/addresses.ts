/** The addresses of the page's views. */

export function syncAddress(name: string, tab: string | null = null): string {
  return `/syncs/${encodeURIComponent(name)}${tab === null ? '' : `?tab=${tab}`}`;
}

export function runAddress(runId: string, tab: string | null = null): string {
  return `/runs/${encodeURIComponent(runId)}${tab === null ? '' : `?tab=${tab}`}`;
}

export function personAddress(email: string): string {
  return `/people?email=${encodeURIComponent(email)}`;
}
