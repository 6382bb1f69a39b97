import type { App } from '../app.ts';
import type { CanaryVerdict } from '../core/ports/canary-store.ts';
import { fingerprint } from '../destination/wire.ts';
import { isLoopbackHost } from '../lib/loopback.ts';

/** Whether the Hub is one on this machine, whose profile is nobody's promise. */
export function isLocalHub({ config }: App): boolean {
  return isLoopbackHost(new URL(config.destination.baseUrl).hostname);
}

export interface WireProfileStatus {
  /** Of the last canary; `null`: there was none. */
  readonly verdict: CanaryVerdict | null;
  /** What people have to know of it; `null`: nothing. */
  readonly note: string | null;
}

/** How the wire profile stands with its address. `hasState`: false where there are no tables yet to look it up in. */
export async function wireProfileStatus(app: App, hasState: boolean): Promise<WireProfileStatus> {
  const last = hasState ? await (await app.state()).canaries.last(fingerprint(app.config.destination)) : null;
  if (last === null) return { verdict: null, note: noCanaryNote };
  const note =
    last.verdict === 'wrong' ? `The last canary (${last.at}) found destination.wire to be wrong. ${riskNote}` : null;
  return { verdict: last.verdict, note };
}

const riskNote = 'Until a canary has passed, fields may be dropped without a word.';
const noCanaryNote = `No canary has tried destination.wire with this Hub yet. ${riskNote}`;

/** The same as notes for a report; none about a Hub on this machine. Needs a state that is up to date. */
export async function wireProfileNotes(app: App): Promise<readonly string[]> {
  if (isLocalHub(app)) return [];
  const { note } = await wireProfileStatus(app, true);
  return note === null ? [] : [`${note} panelsync canary <sync> --email <e-mail> sends one test person.`];
}
