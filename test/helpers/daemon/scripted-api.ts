import { PanelsyncError } from '../../../src/core/errors.ts';
import type { AuditRecord } from '../../../src/core/ports/audit-log.ts';
import type { ListedRow, RowListName, RowQuery, RunRejection } from '../../../src/core/ports/row-lists.ts';
import type { BatchRecord, RunsFilter, SyncHistory } from '../../../src/core/ports/run-details.ts';
import { emptyHistory } from '../../../src/state/queries/history.ts';
import type { ReasonCount, RunReport } from '../../../src/core/model/terms.ts';
import type {
  About,
  ActionNote,
  ApprovalOutcome,
  DaemonApi,
  Health,
  LiveEvent,
  Page,
  PageRequest,
  PersonQuery,
} from '../../../src/server/api.ts';
import { createHttpServer } from '../../../src/server/server.ts';
import type { HttpServer, HttpServerSettings } from '../../../src/server/server.ts';
import { reportWith } from '../fixtures/run-report.ts';
import { silentLog } from '../postgres/postgres.ts';

export const sampleRun: RunReport = reportWith({
  runId: '17',
  trigger: 'api',
  startedAt: '2026-11-23T20:15:00.000Z',
  finishedAt: '2026-11-23T20:15:04.000Z',
});

/** A daemon with scripted answers, for tests of routes and access. */
export class ScriptedApi implements DaemonApi {
  readonly calls: unknown[] = [];
  /** Those who watch. */
  readonly listeners = new Set<(event: LiveEvent) => void>();
  problems: Health['problems'] = [];
  /** Thrown by the next call. */
  failure: Error | null = null;
  /** Whoever lists of people hold. */
  people: readonly Pick<RunRejection, 'email' | 'key'>[] = [];
  /** What comes of an approval. */
  approval: ApprovalOutcome = { isApproved: true, runId: '18' };
  /** `health` does not answer. */
  unresponsive = false;

  async health(): Promise<Health> {
    if (this.unresponsive) await new Promise(() => undefined);
    return { problems: this.problems };
  }

  async syncs(): Promise<readonly object[]> {
    return this.#answer(['syncs'], [{ sync: 'panel' }]);
  }

  async sync(name: string): Promise<object> {
    return this.#answer(['sync', name], { sync: name });
  }

  async history(sync: string, days: number): Promise<SyncHistory> {
    return this.#answer(['history', sync, days], emptyHistory(days));
  }

  async steps(runId: string): Promise<readonly object[]> {
    return this.#answer(['steps', runId], []);
  }

  async batches(runId: string, page: PageRequest): Promise<Page<BatchRecord>> {
    return this.#answer(['batches', runId, page], { items: [], next: null });
  }

  async runs(filter: RunsFilter, page: PageRequest): Promise<Page<RunReport>> {
    return this.#answer(['runs', filter, page], { items: [sampleRun], next: page.after === null ? '17' : null });
  }

  async latestRun(sync: string | null): Promise<RunReport> {
    return this.#answer(['latestRun', sync], sampleRun);
  }

  async rows(name: RowListName, query: RowQuery): Promise<Page<ListedRow>> {
    return this.#answer(['rows', name, query], {
      items: this.people as readonly RunRejection[],
      next: query.after === null ? 'ada' : null,
    });
  }

  async reasons(name: RowListName): Promise<readonly ReasonCount[]> {
    return this.#answer(['reasons', name], []);
  }

  async person(query: PersonQuery): Promise<readonly object[]> {
    return this.#answer(['person', query], [{ event: 'inserted' }]);
  }

  async run(runId: string): Promise<RunReport> {
    return this.#answer(['run', runId], sampleRun);
  }

  async audit(sync: string | null, page: PageRequest): Promise<Page<AuditRecord>> {
    return this.#answer(['audit', sync, page], { items: [], next: null });
  }

  async trigger(sync: string): Promise<{ readonly runId: string }> {
    return this.#answer(['trigger', sync], { runId: '18' });
  }

  async plan(sync: string, { limit }: { readonly limit: number }): Promise<object> {
    return this.#answer(['plan', sync, limit], {
      ...sampleRun,
      sample: [{ operation: 'insert', email: 'ada@example.test' }],
    });
  }

  async approve(runId: string, note: ActionNote): Promise<ApprovalOutcome> {
    return this.#answer(['approve', runId, note], this.approval);
  }

  async retry(sync: string, person: string | null, note: ActionNote): Promise<number> {
    return this.#answer(['retry', sync, person, note], 2);
  }

  async pause(sync: string, note: ActionNote): Promise<void> {
    return this.#answer(['pause', sync, note], undefined);
  }

  async resume(sync: string): Promise<void> {
    return this.#answer(['resume', sync], undefined);
  }

  about(): About {
    return { version: '1.2.3', hubAddress: 'https://hub.example.test/api' };
  }

  async recordShowPeople(note: ActionNote): Promise<void> {
    return this.#answer(['recordShowPeople', note], undefined);
  }

  watch(listener: (event: LiveEvent) => void): () => void {
    this.calls.push(['watch']);
    this.listeners.add(listener);
    listener({ name: 'syncs', data: '[{"sync":"panel"}]' });
    return () => this.listeners.delete(listener);
  }

  async metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    return this.#answer(['metrics'], { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'up 1\n' });
  }

  #answer<T>(call: readonly unknown[], answer: T): T {
    this.calls.push(call);
    if (this.failure !== null) throw this.failure;
    return answer;
  }
}

export async function startApiServer(api: DaemonApi, changed: Partial<HttpServerSettings> = {}): Promise<HttpServer> {
  const settings = { host: '127.0.0.1', port: 0, token: null, readToken: null, ...changed };
  const server = createHttpServer(settings, api, silentLog);
  await server.start(new AbortController().signal);
  return server;
}

export function apiError(code: string, recovery: PanelsyncError['recovery']): PanelsyncError {
  return new PanelsyncError({ code, recovery, message: 'What happened.', hint: 'What to do.' });
}
