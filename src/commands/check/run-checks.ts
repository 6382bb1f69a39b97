import type { App } from '../../app.ts';
import { project } from '../../core/model/projection.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { exitCodes } from '../command.ts';
import { fault, look, ok, skipped } from './check-result.ts';
import type { Finding } from './check-result.ts';
import { askOnce, checkCharacteristics, checkProfile } from './hub-checks.ts';
import type { AskedCharacteristics } from './hub-checks.ts';
import { mappedColumns } from './mapped-columns.ts';
import type { MappedColumn } from './mapped-columns.ts';

/** Everything that a run needs, looked at without changing anything; of one sync, or of all and all sources. */
export async function checkAll(app: App, only: SyncSettings | null, signal: AbortSignal): Promise<readonly Finding[]> {
  const syncs = only === null ? Object.values(app.config.syncs) : [only];
  const sources = only === null ? Object.keys(app.config.sources) : [only.source];
  const asked = askOnce(app, signal);
  const [state, hub, ...bySource] = await Promise.all([
    checkState(app),
    look('hub', () => app.destination('alone').check(signal)),
    ...sources.map((source) => checkSource(app, { source, syncs, asked }, signal)),
  ]);
  return [ok('configuration', configurationText(app)), state, ...bySource.flat(), hub, ...(await checkProfile(app))];
}

function configurationText({ config }: App): string {
  const syncs = Object.keys(config.syncs).join(', ');
  return `${config.file} is right; syncs: ${syncs}; sources: ${Object.keys(config.sources).join(', ')}`;
}

async function checkState(app: App): Promise<Finding> {
  return look('state', async () => {
    if (!(await app.hasState())) {
      return `embedded Postgres, for trying out; the first run makes it in ${app.config.state.directory}`;
    }
    const state = await app.state();
    await state.requireUsable();
    const kind = state.embedded ? 'embedded Postgres, for trying out' : 'the database answers';
    if ((await state.schemaVersion()) === 0) return `${kind}; the first run makes its tables`;
    await state.requireCurrent();
    return `${kind}; its tables are up to date`;
  });
}

interface SourceSyncs {
  readonly source: string;
  readonly syncs: readonly SyncSettings[];
  readonly asked: AskedCharacteristics;
}

/** A source, then the models that it runs. */
async function checkSource(
  app: App,
  { source, syncs, asked }: SourceSyncs,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const found = await look(`source ${source}`, () => app.source({ source }).check(signal));
  const models = syncs.filter((sync) => sync.source === source);
  if (found.check.status === 'ok') {
    const checked = await Promise.all(models.map((sync) => checkModel(app, { sync, asked }, signal)));
    return [found, ...checked.flat()];
  }
  return [
    found,
    ...models.map(({ name }) => skipped(modelName(name), `not looked at: the source ${source} is at fault`)),
  ];
}

function modelName(sync: string): string {
  return `model of ${sync}`;
}

interface ModelOfSync {
  readonly sync: SyncSettings;
  readonly asked: AskedCharacteristics;
}

/** The model's columns against the mapping, and that against the Hub; nothing of the model is run. */
async function checkModel(app: App, { sync, asked }: ModelOfSync, signal: AbortSignal): Promise<readonly Finding[]> {
  const name = modelName(sync.name);
  try {
    const reader = await app.source(sync).open(sync.model, `panelsync:${sync.name}:check`, signal);
    try {
      const projection = project(sync, reader.columns);
      if ('fingerprint' in projection) {
        const custom = await checkCharacteristics(projection, asked);
        return [fitted(name, mappedColumns(projection, reader), sync), ...custom];
      }
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
