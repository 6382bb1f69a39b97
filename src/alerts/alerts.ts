import type { AlertBook, AlertClaim, AlertState, AlertView, AlertWatch } from '../core/ports/alert-store.ts';
import { asPanelsyncError } from '../core/errors.ts';
import type { Observer } from '../core/ports/observer.ts';
import type { Log } from '../core/ports/ports.ts';
import type { AlertSettings, SyncSettings } from '../core/settings.ts';
import { backoffMs } from '../lib/async/backoff.ts';
import { bodyOf } from './message.ts';
import type { AlertMessage } from './message.ts';
import { countingStatuses, messageKind, standingOf } from './alert-state.ts';
import type { Slots } from './alert-state.ts';
import { post } from './webhook.ts';

const longestRetryMs = 15 * 60_000;

export interface AlertParts {
  readonly alerts: readonly AlertSettings[];
  readonly syncs: readonly SyncSettings[];
  book(): Promise<AlertBook>;
  readonly log: Log;
  readonly observer: Pick<Observer, 'alertSent'>;
  /** The slots of a sync's schedule; `null` without one. */
  slots(sync: SyncSettings): Slots | null;
}

/** Tells webhooks what changed about syncs, beside the runs: it neither fails nor makes a run wait. */
export interface Alerts {
  /** Looks how all syncs stand, and tells who does not know yet; resolves when that is done, and never rejects. */
  look(): Promise<void>;
  /** Lets go of messages under way: whoever looks next tells them. */
  close(): Promise<void>;
}

export function createAlerts(parts: AlertParts): Alerts {
  const closing = new AbortController();
  const tellers = parts.alerts.map((alert) => new Teller(alert, parts, closing.signal));
  const look = async (): Promise<void> => {
    await Promise.all(tellers.map((teller) => teller.look()));
  };
  return {
    look,
    close: async () => {
      closing.abort();
      await Promise.all(tellers.map((teller) => teller.idle()));
    },
  };
}

/** How a sync stands now, beside what is on record. */
interface Change {
  readonly view: AlertView;
  readonly state: AlertState;
}

/** Works for one webhook, so that one which hangs keeps no other from hearing. */
class Teller {
  readonly #alert: AlertSettings;
  readonly #parts: AlertParts;
  readonly #closing: AbortSignal;
  readonly #watched: readonly SyncSettings[];
  #looking: Promise<void> | null = null;
  /** Somebody asked while it was looking: it may have looked before the change. */
  #again = false;

  constructor(alert: AlertSettings, parts: AlertParts, closing: AbortSignal) {
    this.#alert = alert;
    this.#parts = parts;
    this.#closing = closing;
    this.#watched = parts.syncs.filter(({ name }) => alert.syncs?.includes(name) ?? true);
  }

  look(): Promise<void> {
    this.#again = true;
    this.#looking ??= this.#lookUntilDone().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async idle(): Promise<void> {
    await this.#looking;
  }

  async #lookUntilDone(): Promise<void> {
    while (this.#again && !this.#closing.aborted) {
      this.#again = false;
      for (const sync of this.#watched) {
        if (!this.#closing.aborted) await this.#lookAt(sync);
      }
    }
  }

  async #lookAt(sync: SyncSettings): Promise<void> {
    const { log, slots } = this.#parts;
    const watch: AlertWatch = {
      webhook: this.#alert.name,
      sync: sync.name,
      schedule: sync.schedule === null ? null : `${sync.schedule} ${sync.timezone}`,
      counting: countingStatuses(this.#alert),
    };
    try {
      const book = await this.#parts.book();
      const view = await book.view(watch);
      const state = standingOf(view, this.#alert, slots(sync));
      if (state === view.told) return;
      const claim = await book.claim(watch, view.told);
      if (claim !== null) await this.#tell(book, claim, { view, state });
    } catch (error) {
      // Most likely the state database is away; whoever looks next tells it.
      log.debug('alert not looked at', { webhook: watch.webhook, sync: sync.name, code: asPanelsyncError(error).code });
    }
  }

  async #tell(book: AlertBook, claim: AlertClaim, { view, state }: Change): Promise<void> {
    const { log, observer } = this.#parts;
    const { webhook, sync } = claim.watch;
    const kind = messageKind(view.told, state, this.#alert);
    if (kind === null) {
      await book.settle(claim, state);
      return;
    }
    const run = state === 'overdue' ? null : view.lastRun;
    const message: AlertMessage = { kind, sync, previous: view.told, run, lastSuccessAt: view.lastSuccessAt };
    const posted = await post(this.#alert, bodyOf(message, this.#alert.format), { signal: this.#closing });
    observer.alertSent(webhook, posted.ok);
    if (posted.ok) {
      log.info('alert sent', { webhook, sync, kind, runId: run?.runId ?? null });
      await book.settle(claim, state);
      return;
    }
    const delayMs = backoffMs(claim.attempt, Math.random, longestRetryMs);
    log.warn('alert not sent', { webhook, sync, kind, attempt: claim.attempt, delayMs, told: posted.told });
    await book.postpone(claim, this.#closing.aborted ? 0 : delayMs);
  }
}
