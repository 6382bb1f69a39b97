import type { App } from '../app.ts';
import { asPanelsyncError } from '../core/errors.ts';
import { project } from '../core/projection.ts';
import type { SyncSettings } from '../core/settings.ts';
import { exitCodes } from './command.ts';
import { mappedColumns } from './mapped-columns.ts';
import type { MappedColumn } from './mapped-columns.ts';

export interface Check {
  readonly name: string;
  /** `skipped`: something it needs is at fault. */
  readonly status: 'ok' | 'warning' | 'fault' | 'skipped';
  readonly message: string;
  readonly hint: string | null;
  /** Of a model that could be read: what fills each field. */
  readonly mapping?: readonly MappedColumn[];
}

/** A check and the exit code that it asks for. */
export interface Finding {
  readonly check: Check;
  readonly exitCode: number;
}

/** Everything that a run needs, looked at without changing anything; of one sync, or of all and all sources. */
export async function checkAll(app: App, only: SyncSettings | null, signal: AbortSignal): Promise<readonly Finding[]> {
  const syncs = only === null ? Object.values(app.config.syncs) : [only];
  const sources = only === null ? Object.keys(app.config.sources) : [only.source];
  const [state, hub, ...bySource] = await Promise.all([
    checkState(app),
    look('hub', () => app.destination('alone').check(signal)),
    ...sources.map((source) => checkSource(app, { source, syncs }, signal)),
  ]);
  return [ok('configuration', configurationText(app)), state, ...bySource.flat(), hub];
}

function configurationText({ config }: App): string {
  const syncs = Object.keys(config.syncs).join(', ');
  return `${config.file} is right; syncs: ${syncs}; sources: ${Object.keys(config.sources).join(', ')}`;
}

/** Does the work: what it returns is said of a check that is well, what it throws is the fault. */
async function look(name: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return ok(name, await work());
  } catch (error) {
    return fault(name, error);
  }
}

function ok(name: string, message: string): Finding {
  return { check: { name, status: 'ok', message, hint: null }, exitCode: exitCodes.ok };
}

function fault(name: string, thrown: unknown): Finding {
  const error = asPanelsyncError(thrown);
  if (error.recovery === 'canceled') throw error;
  const exitCode = error.recovery === 'usage' ? exitCodes.usage : exitCodes.failed;
  return { check: { name, status: 'fault', message: error.message, hint: error.hint }, exitCode };
}

async function checkState(app: App): Promise<Finding> {
  return look('state', async () => {
    if (!(await app.hasState())) {
      return `embedded Postgres, for trying out; the first run makes it in ${app.config.state.directory}`;
    }
    const state = await app.state();
    const kind = state.embedded ? 'embedded Postgres, for trying out' : 'the database answers';
    if ((await state.schemaVersion()) === 0) return `${kind}; the first run makes its tables`;
    await state.requireCurrent();
    return `${kind}; its tables are up to date`;
  });
}

interface SourceSyncs {
  readonly source: string;
  readonly syncs: readonly SyncSettings[];
}

/** A source, then the models that it runs. */
async function checkSource(app: App, { source, syncs }: SourceSyncs, signal: AbortSignal): Promise<readonly Finding[]> {
  const found = await look(`source ${source}`, () => app.source({ source }).check(signal));
  const models = syncs.filter((sync) => sync.source === source);
  if (found.check.status === 'ok') {
    const checked = await Promise.all(models.map((sync) => checkModel(app, sync, signal)));
    return [found, ...checked.flat()];
  }
  const message = `not looked at: the source ${source} is at fault`;
  const skipped = models.map(({ name }) => ({
    name: modelName(name),
    status: 'skipped' as const,
    message,
    hint: null,
  }));
  return [found, ...skipped.map((check) => ({ check, exitCode: exitCodes.ok }))];
}

function modelName(sync: string): string {
  return `model of ${sync}`;
}

/** The model's columns against the mapping; nothing of the model is run. */
async function checkModel(app: App, sync: SyncSettings, signal: AbortSignal): Promise<readonly Finding[]> {
  const name = modelName(sync.name);
  try {
    const reader = await app.source(sync).open(sync.model, `panelsync:${sync.name}:check`, signal);
    try {
      const projection = project(sync, reader.columns);
      if ('fingerprint' in projection) return [fitted(name, mappedColumns(projection, reader), sync)];
      const hint = `The model has the columns ${reader.columns.map((column) => column.name).join(', ')}. Correct the mapping or the model.`;
      return projection.map(({ path, message }) => ({
        check: { name, status: 'fault', message: `${path}: ${message}`, hint },
        exitCode: exitCodes.usage,
      }));
    } finally {
      await reader.close();
    }
  } catch (error) {
    return [fault(name, error)];
  }
}

function fitted(name: string, mapping: readonly MappedColumn[], { model }: SyncSettings): Finding {
  const misfits = mapping.filter(({ fits }) => !fits);
  if (misfits.length === 0) {
    const message = `${model.from} has every column of the mapping`;
    return { check: { name, status: 'ok', message, hint: null, mapping }, exitCode: exitCodes.ok };
  }
  const message = `every row with a value there will be invalid: ${misfits.map(({ field }) => field).join(', ')}`;
  const hint = `Cast the columns in ${model.from}, or map others.`;
  return { check: { name, status: 'warning', message, hint, mapping }, exitCode: exitCodes.ok };
}
