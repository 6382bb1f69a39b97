import type { App } from '../../app.ts';
import { projectMapping } from '../../core/model/projection.ts';
import type { Model } from '../../core/model/terms.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { requireTemporaryFolder } from '../../core/temporary-spool.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import { exitCodes } from '../command.ts';
import { failed, runCheck, passed, skippedCheck } from './check-result.ts';
import type { CheckResult } from './check-result.ts';
import { characteristicsLookup, checkCharacteristics, checkWireProfile } from './hub-checks.ts';
import type { CharacteristicsLookup } from './hub-checks.ts';
import { formats } from '../../core/formats.ts';
import { mappedColumns, oneLine } from './mapped-columns.ts';
import type { MappedColumn } from './mapped-columns.ts';
import { ValueSample } from './value-check.ts';

/** Checks everything that a run needs, changing nothing: for one sync, or for all syncs and sources. */
export async function checkAll(
  app: App,
  onlySync: SyncSettings | null,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const syncs = onlySync === null ? Object.values(app.config.syncs) : [onlySync];
  const sources = onlySync === null ? Object.keys(app.config.sources) : [onlySync.source];
  const lookUpCharacteristics = characteristicsLookup(app, signal);
  const [stateResult, hubResult, ...sourceResults] = await Promise.all([
    checkState(app),
    runCheck('hub', () => app.destination('alone').check(signal)),
    ...sources.map((source) => checkSource(app, { source, syncs, lookUpCharacteristics }, signal)),
  ]);
  return [
    passed('configuration', configSummary(app)),
    stateResult,
    ...(stateResult.check.status === 'ok' ? await checkSnapshots(app, syncs) : []),
    ...(await checkTemporaryFolder()),
    ...sourceResults.flat(),
    hubResult,
    ...(await checkWireProfile(app)),
  ];
}

function configSummary({ config }: App): string {
  const syncs = Object.keys(config.syncs).join(', ');
  return `${config.file} is valid; syncs: ${syncs}; sources: ${Object.keys(config.sources).join(', ')}`;
}

async function checkState(app: App): Promise<CheckResult> {
  return runCheck('state', async () => {
    if (!(await app.hasState())) {
      await app.requireCreatableState();
      return `embedded Postgres, for trying out; the first run creates it in ${app.config.state.directory}`;
    }
    const state = await app.state();
    await state.requireUsable();
    const isNew = (await state.schemaVersion()) === 0;
    if (!isNew) await state.requireCurrent();
    await state.rehearse();
    const kind = state.embedded ? 'embedded Postgres, for trying out' : 'the database answers';
    return `${kind}; ${isNew ? 'the first run creates its tables' : 'its tables are up to date'}`;
  });
}

/** Reported only where a run would stop before it reads: a snapshot is no concern of people until then. */
async function checkSnapshots(app: App, syncs: readonly SyncSettings[]): Promise<readonly CheckResult[]> {
  if (!(await app.hasState())) return [];
  const state = await app.state();
  if ((await state.schemaVersion()) === 0) return [];
  const results = await Promise.all(
    syncs.map(async (sync) => {
      try {
        await state.requireStartable(sync);
        return [];
      } catch (error) {
        return [failed(`snapshot of ${sync.name}`, error)];
      }
    }),
  );
  return results.flat();
}

/** Reported only when it fails: what a run keeps there is no concern of people until then. */
async function checkTemporaryFolder(): Promise<readonly CheckResult[]> {
  try {
    await requireTemporaryFolder();
    return [];
  } catch (error) {
    return [failed('temporary folder', error)];
  }
}

interface SourceCheckOptions {
  readonly source: string;
  readonly syncs: readonly SyncSettings[];
  readonly lookUpCharacteristics: CharacteristicsLookup;
}

/** Checks a source, then the models that it runs. */
async function checkSource(
  app: App,
  { source, syncs, lookUpCharacteristics }: SourceCheckOptions,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const sourceResult = await runCheck(`source ${source}`, () => app.source({ source }).check(signal));
  const dependentSyncs = syncs.filter((sync) => sync.source === source);
  if (sourceResult.check.status === 'ok') {
    const modelResults = await Promise.all(
      dependentSyncs.map((sync) => checkModel(app, { sync, lookUpCharacteristics }, signal)),
    );
    return [sourceResult, ...modelResults.flat()];
  }
  return [
    sourceResult,
    ...dependentSyncs.map(({ name }) => skippedCheck(modelCheckName(name), `the check of source ${source} failed`)),
  ];
}

function modelCheckName(sync: string): string {
  return `model of ${sync}`;
}

interface ModelCheckOptions {
  readonly sync: SyncSettings;
  readonly lookUpCharacteristics: CharacteristicsLookup;
}

/** Compares the model's columns with the mapping, the mapping with the Hub, and a few values with their rules. */
async function checkModel(
  app: App,
  { sync, lookUpCharacteristics }: ModelCheckOptions,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const name = modelCheckName(sync.name);
  const sample = new ValueSample();
  const opened = AbortSignal.any([signal, sample.signal]);
  try {
    const reader = await app.source(sync).open(sync.model, `panelsync:${sync.name}:check`, opened);
    try {
      const projection = projectMapping(sync, reader.columns);
      if ('fingerprint' in projection) {
        const characteristicResults = await checkCharacteristics({
          projection,
          columns: reader.columns,
          lookUp: lookUpCharacteristics,
          mode: app.config.destination.checkCharacteristics,
        });
        const mappings = mappingResult(name, mappedColumns(projection, reader), sync);
        return [mappings, ...(await sample.check(reader, projection, { formats })), ...characteristicResults];
      }
      const hint = `The model has the columns ${reader.columns.map((column) => column.name).join(', ')}. ${correctionHint(sync)}`;
      return projection.map(({ path, message }) => ({
        check: { name, status: 'fault', message: `${path}: ${message}`, hint, code: 'mapping_mismatch' },
        exitCode: exitCodes.usage,
      }));
    } finally {
      await reader.close();
    }
  } catch (error) {
    return [failed(name, error)];
  }
}

/** dbt may document a column that the relation, built before, does not have yet. */
function correctionHint({ model }: SyncSettings): string {
  return model.dbt === undefined
    ? 'Correct the mapping or the model.'
    : 'Correct the mapping or the model, and build it with dbt: the relation may be older than the manifest.';
}

function mappingResult(name: string, mapping: readonly MappedColumn[], { model }: SyncSettings): CheckResult {
  const mismatched = mapping.filter(({ fits }) => !fits);
  const ofDbt = model.dbt === undefined ? {} : { dbt: model.dbt };
  if (mismatched.length === 0) {
    const message = `${model.location} has every mapped column${relationText(model)}`;
    return { check: { name, status: 'ok', message, hint: null, mapping, ...ofDbt }, exitCode: exitCodes.ok };
  }
  const message = `every row with a value in these fields will be invalid: ${mismatched.map(({ field }) => field).join(', ')}`;
  const hint = `Cast the columns in ${model.location}, or map other columns.`;
  return { check: { name, status: 'warning', message, hint, mapping, ...ofDbt }, exitCode: exitCodes.ok };
}

/** The relation of a model of dbt, and what dbt says about it. */
function relationText({ dbt }: Model): string {
  if (dbt === undefined) return '';
  const description = dbt.description === '' ? '' : `: ${oneLine(dbt.description)}`;
  return `\n${sanitize(dbt.relation)}${description}`;
}
