import { PanelsyncError } from '../../core/errors.ts';
import { textHash } from '../../core/model/hash.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { LoadedFingerprints, NewFingerprints } from '../../core/ports/run/fingerprint-store.ts';
import type { ComparedBuckets, Difference } from '../../core/ports/run/plan-store.ts';
import { sourcesWithBuckets } from '../../core/ports/source.ts';
import type { ModelBuckets, ModelReader } from '../../core/ports/source.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { PlanContext } from '../run-context.ts';
import { BucketComparison } from './stage/bucket-comparison.ts';
import type { StageResult } from './stage/stage.ts';

/** How one run compares its model by bucket, and under what the result is remembered. */
export interface RunBuckets {
  readonly comparison: BucketComparison;
  /** Stands for all that shapes what becomes of a row. */
  readonly context: string;
  readonly loaded: LoadedFingerprints;
  /** Where the warehouse sums the rows; `null`: they are summed while they are read. */
  readonly warehouse: ModelBuckets | null;
}

/** `null` where every row is compared: because the sync asks for it, or because the plan is only looked at. */
export async function openBuckets(
  { sync, runId, stores, codec, destination }: PlanContext,
  {
    reader,
    projection,
    full,
  }: { readonly reader: ModelReader; readonly projection: Projection; readonly full: boolean },
): Promise<RunBuckets | null> {
  const warehouse = sync.diff === 'warehouse' ? requireBuckets(sync, reader) : null;
  if (sync.diff === 'rows' || runId === null) return null;
  const scheme = warehouse?.scheme ?? 'lines';
  const { mode, duplicates, key } = sync;
  const context = textHash(
    JSON.stringify([scheme, projection.fingerprint, mode, duplicates, key, destination.fingerprint]),
  );
  const loaded = await stores.plans.fingerprints.load(context);
  const remembered = full ? null : (loaded.remembered?.fingerprints ?? null);
  const keyHash = warehouse?.keyHash ?? 'hashtext';
  const comparison = new BucketComparison(remembered, { keyHash, keyedHash: codec.bucketHash });
  return { comparison, context, loaded, warehouse };
}

function requireBuckets({ name, source }: SyncSettings, { buckets }: ModelReader): ModelBuckets {
  if (buckets !== null) return buckets;
  throw new PanelsyncError({
    code: 'source_without_buckets',
    recovery: 'usage',
    message: `The source "${source}" cannot sum rows, as syncs.${name}.diff: warehouse needs.`,
    hint: `Set diff: fingerprints, or use a source that can: ${sourcesWithBuckets.join(', ')}.`,
  });
}

/** What the state database has to compare. */
export function comparedBuckets(
  sync: SyncSettings,
  { equal }: StageResult,
  buckets: RunBuckets | null,
): { readonly buckets?: ComparedBuckets } {
  if (buckets === null) return {};
  const { comparison, loaded } = buckets;
  // Update mode skips people who are not in the snapshot, insert mode those who are.
  const present = equal.rows - (sync.mode === 'update' ? equal.skipped : 0);
  const snapshotSize = loaded.remembered?.snapshotSize ?? 0;
  return { buckets: { ...comparison.changed(), present, snapshotSize } };
}

/** What is left for the next run, when this one has planned all its rows. */
export function newFingerprints(
  buckets: RunBuckets | null,
  { read }: Pick<StageResult, 'read'>,
  { snapshot: snapshotBefore }: Pick<Difference, 'snapshot'>,
): { readonly fingerprints?: NewFingerprints } {
  // Without a changed bucket all is as it was remembered.
  const fingerprints = buckets?.comparison.hasChanged === true ? buckets.comparison.result(read) : null;
  if (buckets === null || fingerprints === null) return {};
  const { keyHash } = buckets.comparison.changed();
  const { context, loaded } = buckets;
  const { generation, remembered: former } = loaded;
  return { fingerprints: { context, generation, snapshotBefore, keyHash, fingerprints, former } };
}
