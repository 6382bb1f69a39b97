/** Alerts: compares the status of each sync with what each webhook was sent last, and sends changes. */

import type { AlertStore, AlertClaim, AlertState, AlertRecord, AlertSubscription } from '../core/ports/alert-store.ts';
import { toPanelsyncError } from '../core/errors.ts';
import type { RunReport } from '../core/model/terms.ts';
import type { Observer } from '../core/ports/observer.ts';
import type { Log } from '../core/ports/log.ts';
import type { AlertSettings, SyncSettings } from '../core/settings.ts';
import { backoffMs } from '../lib/async/backoff.ts';
import { deliver } from './deliver.ts';
import type { AlertMessage } from './message.ts';
import { relevantStatuses, messageKind, alertStateOf, unusualCounts } from './alert-state.ts';
import type { ScheduledTimes } from '../core/model/sync-state/overdue.ts';

const maxRetryMs = 15 * 60_000;

export interface AlertOptions {
  readonly alerts: readonly AlertSettings[];
  readonly syncs: readonly SyncSettings[];
  store(): Promise<AlertStore>;
  readonly log: Log;
  /** Where people reach the page; `null`: nobody knows. */
  readonly publicUrl: string | null;
  readonly observer: Pick<Observer, 'alertSent'>;
  /** The times of a sync's schedule; `null` without one. */
  scheduledTimes(sync: SyncSettings): ScheduledTimes | null;
}

/** Notifies webhooks when the state of a sync changes. It neither fails nor delays a run. */
export interface AlertMonitor {
  /** Checks all syncs and notifies the webhooks that do not know their state yet; never rejects. */
  check(): Promise<void>;
  /** Abandons messages under way; the next check sends them, here or in another process. */
  close(): Promise<void>;
}

export function createAlertMonitor(options: AlertOptions): AlertMonitor {
  const closing = new AbortController();
  const notifiers = options.alerts.map((alert) => new WebhookNotifier(alert, options, closing.signal));
  const check = async (): Promise<void> => {
    await Promise.all(notifiers.map((notifier) => notifier.check()));
  };
  return {
    check,
    close: async () => {
      closing.abort();
      await Promise.all(notifiers.map((notifier) => notifier.idle()));
    },
  };
}

/** The state of a sync now, with what is recorded. */
interface StateChange {
  readonly record: AlertRecord;
  readonly state: AlertState;
}

/** Notifies one webhook, so that one which does not answer delays no other. */
class WebhookNotifier {
  readonly #alert: AlertSettings;
  readonly #options: AlertOptions;
  readonly #closing: AbortSignal;
  readonly #syncs: readonly SyncSettings[];
  #checking: Promise<void> | null = null;
  /** A check was asked for during another one, which may have read the state before the change. */
  #recheck = false;

  constructor(alert: AlertSettings, options: AlertOptions, closing: AbortSignal) {
    this.#alert = alert;
    this.#options = options;
    this.#closing = closing;
    this.#syncs = options.syncs.filter(({ name }) => alert.syncs?.includes(name) ?? true);
  }

  check(): Promise<void> {
    this.#recheck = true;
    this.#checking ??= this.#checkUntilSettled().finally(() => (this.#checking = null));
    return this.#checking;
  }

  async idle(): Promise<void> {
    await this.#checking;
  }

  async #checkUntilSettled(): Promise<void> {
    while (this.#recheck && !this.#closing.aborted) {
      this.#recheck = false;
      for (const sync of this.#syncs) {
        if (!this.#closing.aborted) await this.#checkSync(sync);
      }
    }
  }

  async #checkSync(sync: SyncSettings): Promise<void> {
    const { log, scheduledTimes } = this.#options;
    const subscription: AlertSubscription = {
      webhook: this.#alert.name,
      sync: sync.name,
      schedule: sync.schedule === null ? null : `${sync.schedule} ${sync.timezone}`,
      relevantStatuses: relevantStatuses(this.#alert),
      comparesRuns: this.#alert.on.includes('unusual'),
    };
    try {
      const store = await this.#options.store();
      const record = await store.read(subscription);
      const state = alertStateOf(record, this.#alert, {
        scheduledTimes: scheduledTimes(sync),
        maxDataAgeMs: sync.freshness?.maxAgeMs ?? null,
      });
      if (state === record.notifiedState) return;
      const claim = await store.claim(subscription, record.notifiedState);
      if (claim !== null) await this.#notify(store, claim, { record, state });
    } catch (error) {
      // Most likely the state database is unavailable. The next check catches up.
      log.debug('alert check failed', {
        webhook: subscription.webhook,
        sync: sync.name,
        code: toPanelsyncError(error).code,
      });
    }
  }

  #pageUrl(sync: string, run: RunReport | null): string | null {
    const { publicUrl } = this.#options;
    if (publicUrl === null) return null;
    return run === null ? `${publicUrl}/syncs/${sync}` : `${publicUrl}/runs/${run.runId}`;
  }

  async #notify(store: AlertStore, claim: AlertClaim, { record, state }: StateChange): Promise<void> {
    const { log, observer } = this.#options;
    const { webhook, sync } = claim.subscription;
    const kind = messageKind(record.notifiedState, state, this.#alert);
    if (kind === null) {
      await store.settle(claim, state);
      return;
    }
    const run = state === 'overdue' || state === 'stale' ? null : record.lastRun;
    const message: AlertMessage = {
      kind,
      sync,
      previous: record.notifiedState,
      run,
      lastSuccessAt: record.lastSuccessAt,
      unusual: state === 'unusual' ? unusualCounts(record, this.#alert) : [],
      freshness: record.freshness,
      stateId: record.stateId,
      pageUrl: this.#pageUrl(sync, run),
    };
    const result = await deliver(this.#alert, message, this.#closing);
    observer.alertSent(webhook, result.ok);
    if (result.ok) {
      log.info('alert sent', { webhook, sync, kind, runId: run?.runId ?? null });
      await store.settle(claim, state);
      return;
    }
    const delayMs = backoffMs(claim.attempt, { maxMs: maxRetryMs });
    log.warn('alert not sent', { webhook, sync, kind, attempt: claim.attempt, delayMs, response: result.response });
    await store.postpone(claim, this.#closing.aborted ? 0 : delayMs);
  }
}
