import type { App } from '../app.ts';
import type { CanaryVerdict } from '../core/ports/canary-store.ts';
import { fingerprint } from '../destination/wire.ts';
import { formatTimestamp } from '../lib/format.ts';
import { isLoopbackHost } from '../lib/loopback.ts';

/** Whether the Hub is on this machine: a simulator, whose wire profile needs no verification. */
export function isLocalHub({ config }: App): boolean {
  return isLoopbackHost(new URL(config.destination.baseUrl).hostname);
}

export interface WireProfileStatus {
  /** Of the last canary; `null`: there was none. */
  readonly verdict: CanaryVerdict | null;
  /** What people have to know about it; `null`: nothing. */
  readonly note: string | null;
}

/** Whether a canary has verified the wire profile at its address. `hasState`: false where there are no tables yet. */
export async function wireProfileStatus(app: App, hasState: boolean): Promise<WireProfileStatus> {
  const last = hasState ? await (await app.state()).canaries.last(fingerprint(app.config.destination)) : null;
  if (last === null) return { verdict: null, note: noCanaryNote };
  const note =
    last.verdict === 'wrong'
      ? `The last canary (${formatTimestamp(last.at)}) found destination.wire to be wrong. ${riskNote}`
      : null;
  return { verdict: last.verdict, note };
}

const riskNote = 'Until a canary passes, the Hub may drop fields silently.';
const noCanaryNote = `No canary has verified destination.wire with this Hub yet. ${riskNote}`;

/** The same as notes for a report; none for a Hub on this machine. Needs a migrated state. */
export async function wireProfileNotes(app: App): Promise<readonly string[]> {
  if (isLocalHub(app)) return [];
  const { note } = await wireProfileStatus(app, true);
  return note === null ? [] : [`${note} Send one test person with panelsync canary <sync> --email <e-mail>.`];
}
