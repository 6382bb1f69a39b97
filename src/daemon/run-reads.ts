import type { App } from '../app.ts';
import { runSteps } from '../app/runs/run-steps.ts';
import type { RunReport } from '../core/model/terms.ts';
import { noRunsError, unknownRunError } from '../core/ports/records.ts';
import type { RowListName } from '../core/ports/row-lists.ts';
import type { DaemonApi, Page, PageRequest } from '../server/api.ts';

/** What the API reads of runs. */
export function runReads(
  app: () => App,
): Pick<DaemonApi, 'runs' | 'run' | 'latestRun' | 'steps' | 'batches' | 'rows' | 'reasons'> {
  const syncName = (sync: string | null): string | null => (sync === null ? null : app().sync(sync).name);
  const run = (runId: string): Promise<RunReport> => findRun(app(), runId);
  return {
    ...runDetails(app),
    ...rowReads(app),
    run,
    runs: ({ sync, ...filter }, page) =>
      paged(
        page,
        async (limit, after) => (await app().records()).runs(syncName(sync), limit, { ...filter, beforeRunId: after }),
        ({ runId }) => runId,
      ),
    latestRun: async (sync) => {
      const [latest] = await (await app().records()).runs(syncName(sync), 1, { plans: false });
      if (latest === undefined) throw noRunsError();
      return latest;
    },
  };
}

function runDetails(app: () => App): Pick<DaemonApi, 'steps' | 'batches'> {
  return {
    steps: async (id) => {
      const report = await findRun(app(), id);
      const times = await (await app().records()).runTimes(report.runId);
      if (times === null) throw unknownRunError(id);
      return runSteps(report, times);
    },
    batches: async (id, page) => {
      const { runId } = await findRun(app(), id);
      return paged(
        page,
        async (limit, after) => (await app().records()).batches(runId, { limit, after }),
        ({ number }) => String(number),
      );
    },
  };
}

function rowReads(app: () => App): Pick<DaemonApi, 'rows' | 'reasons'> {
  const requireSubject = async (name: RowListName): Promise<RowListName> =>
    'runId' in name
      ? { ...name, runId: (await findRun(app(), name.runId)).runId }
      : { ...name, sync: app().sync(name.sync).name };
  return {
    rows: async (name, query) => (await app().records()).rows(await requireSubject(name), query),
    reasons: async (name) => (await app().records()).reasons(await requireSubject(name)),
  };
}

async function findRun(app: App, runId: string): Promise<RunReport> {
  const report = await (await app.records()).run(runId);
  if (report === null) throw unknownRunError(runId);
  return report;
}

/** Reads one item more than the page holds, to know whether another page follows. */
export async function paged<Item>(
  { limit, after }: PageRequest,
  read: (limit: number, after: string | null) => Promise<readonly Item[]>,
  position: (item: Item) => string,
): Promise<Page<Item>> {
  const found = await read(limit + 1, after);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? position(last) : null };
}
