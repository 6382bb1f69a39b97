import { expect } from 'chai';
import type { Mapping, SyncSettings } from '../../../src/core/settings.ts';
import type { Mode, RunReport } from '../../../src/core/model/terms.ts';
import { hashedCodec, keyedCodec } from '../fixtures/payload-codecs.ts';
import { defaultSync } from '../fixtures/default-sync.ts';
import type { FlatPerson, TestPanel } from '../panel/panel.ts';
import type { PanelScenario } from './panel-scenarios.ts';

/** What is promised of identities, marks and fields that researchers own, as plain rules beside the code. */

export type People = Readonly<Record<string, FlatPerson>>;

/** The settings of a sync in a story. */
export function storySync(
  { write, marks }: Pick<PanelScenario, 'write' | 'marks'>,
  mode: Mode,
): Pick<SyncSettings, 'mode' | 'mapping' | 'removed'> & { readonly identity: string } {
  const rules = { city: { write, onInvalid: 'reject' as const } };
  const mapping: Mapping = write === 'always' ? defaultSync.mapping : { ...defaultSync.mapping, rules };
  const [set, restore] = [false, true].map((value) => ({ fields: {}, characteristics: { in_panel: value } }));
  const isMarking = marks && mode !== 'insert' && set !== undefined && restore !== undefined;
  return {
    mode,
    mapping,
    removed: isMarking ? { action: 'mark', set, restore } : { action: 'report' },
    identity: 'note',
  };
}

/** Hash of an identity ► the identity, however it is stored. */
const idsByHash = new Map(
  Array.from({ length: 4 }, (_, id) => `${id}`).flatMap((id) =>
    [keyedCodec, hashedCodec].map((codec) => [codec.identityHash('note', id), id] as const),
  ),
);

/** What is on record right before a run. */
export interface Before {
  /** Nothing is left of earlier runs: what this one does follows from what is on record. */
  readonly isSettled: boolean;
  /** Identity by key, as far as the snapshot knows it. */
  readonly ids: ReadonlyMap<string, string>;
  readonly snapshot: People;
}

export async function recordBefore(panel: TestPanel): Promise<Before> {
  const open = await panel.sql("select from panelsync.batches where state in ('in_flight', 'unknown')");
  const stored = await panel.sql<{ key: string; identity: string }>(
    "select key, replace(identity::text, '-', '') as identity from panelsync.snapshot_fields where identity is not null",
  );
  const ids = stored.map(({ key, identity }) => [key, idsByHash.get(identity) ?? ''] as const);
  return { isSettled: open.length === 0, ids: new Map(ids), snapshot: await panel.snapshot() };
}

/** The rows of the model by key: whose each is, if it says so. */
export type ModelIds = ReadonlyMap<string, string | null>;

/** Renamed is who came under a new e-mail, and by whose identity only people are known who have left. */
export async function expectRenames(panel: TestPanel, run: RunReport, before: Before, model: ModelIds): Promise<void> {
  const renames = await panel.sql<{ key: string; old_key: string }>(
    'select key, old_key from panelsync.renames where run_id = $1',
    [run.runId],
  );
  expect(run.renamed, 'renames that the run counts').to.equal(renames.length);
  if (!before.isSettled) return;
  const keysOf = (id: string): readonly string[] =>
    [...before.ids].flatMap(([key, known]) => (known === id ? [key] : []));
  const isFree = (id: string): boolean => keysOf(id).length > 0 && keysOf(id).every((key) => !model.has(key));
  for (const { key, old_key: oldKey } of renames) {
    const id = model.get(key) ?? null;
    expect(id !== null && isFree(id), `${oldKey} > ${key} is a rename`).to.equal(true);
    expect(keysOf(id ?? ''), 'the old e-mail').to.include(oldKey);
  }
  const settled = await panel.sql<{ key: string }>('select key from panelsync.snapshot where run_id = $1', [run.runId]);
  const newcomers = settled.filter(({ key }) => before.snapshot[key] === undefined);
  for (const { key } of newcomers) {
    const id = model.get(key) ?? null;
    const rivals = [...model].filter(([other, theirs]) => theirs === id && before.snapshot[other] === undefined);
    if (id === null || !isFree(id) || rivals.length > 1) continue;
    expect(
      renames.map((rename) => rename.key),
      `${key} is a rename`,
    ).to.include(key);
  }
}

/** A field that is not written to people who are known stays as it is, whatever the row says. */
export function expectOwnedCity(
  { write }: Pick<PanelScenario, 'write'>,
  before: Before,
  people: Readonly<Record<'before' | 'after', People>>,
): void {
  if (write === 'always' || !before.isSettled) return;
  for (const [email, known] of Object.entries(before.snapshot)) {
    const [was, is] = [people.before[email], people.after[email]];
    if (was === undefined || is === undefined || (write === 'fill' && known['city'] === undefined)) continue;
    expect(is['city'], `${email}: the city, which is written ${write}`).to.equal(was['city']);
  }
}

/** In the end the snapshot knows whose the rows of the model are. */
export async function expectKnownIds(panel: TestPanel, model: ModelIds): Promise<void> {
  const { ids, snapshot } = await recordBefore(panel);
  for (const [key, id] of model)
    if (id !== null && snapshot[key] !== undefined) expect(ids.get(key), `whose ${key} is`).to.equal(id);
}

/** Marked is who left and was part of the model, and nobody who is in it; researchers have touched none of `others`. */
export async function expectMarks(panel: TestPanel, model: ModelIds, touched: ReadonlySet<string>): Promise<void> {
  const sent = await panel.sql<{ key: string }>("select key from panelsync.snapshot where origin = 'sent'");
  const people = panel.people();
  for (const { key } of sent) {
    if (touched.has(key)) continue;
    if (!model.has(key)) expect(people[key]?.['in_panel'], `${key} has left`).to.equal(false);
  }
  for (const key of model.keys())
    if (!touched.has(key)) expect(people[key]?.['in_panel'], `${key} has not left`).to.not.equal(false);
}
