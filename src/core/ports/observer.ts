import type { SendResult } from './destination.ts';
import type { RunReport } from '../model/terms.ts';

/** One request to the Hub that has ended. */
export interface ObservedRequest {
  /** HTTP status; `null` where no whole answer came. */
  readonly status: number | null;
  /** It repeated one that did not get through. */
  readonly retry: boolean;
}

/** How far a step of a run is; `total` is null while nobody can know. */
export interface RunProgress {
  readonly sync: string;
  readonly runId: string;
  readonly step: 'look' | 'read' | 'plan' | 'send';
  readonly done: number;
  readonly total: number | null;
}

/** Receives what this process does, as it happens. It never fails and never blocks. */
export interface Observer {
  requestEnded(request: ObservedRequest): void;
  /** One batch with all its attempts. */
  batchSent(result: SendResult): void;
  runProgressed(progress: RunProgress): void;
  /** A run that is on record to its end. */
  runFinished(report: RunReport): void;
  /** A run that could not begin or could not be recorded to its end; `code` is that of the error. */
  runErrored(sync: string, code: string): void;
  /** A message to a webhook; `ok` says whether the webhook took it. */
  alertSent(webhook: string, ok: boolean): void;
}

/** Forwards each call to all observers that were added. */
export class Observers implements Observer {
  readonly #observers: Partial<Observer>[] = [];

  /** An observer may implement some of the methods only. */
  add(observer: Partial<Observer>): void {
    this.#observers.push(observer);
  }

  requestEnded(request: ObservedRequest): void {
    for (const observer of this.#observers) observer.requestEnded?.(request);
  }

  batchSent(result: SendResult): void {
    for (const observer of this.#observers) observer.batchSent?.(result);
  }

  runProgressed(progress: RunProgress): void {
    for (const observer of this.#observers) observer.runProgressed?.(progress);
  }

  runFinished(report: RunReport): void {
    for (const observer of this.#observers) observer.runFinished?.(report);
  }

  runErrored(sync: string, code: string): void {
    for (const observer of this.#observers) observer.runErrored?.(sync, code);
  }

  alertSent(webhook: string, ok: boolean): void {
    for (const observer of this.#observers) observer.alertSent?.(webhook, ok);
  }
}
