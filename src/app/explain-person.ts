import type { App } from '../app.ts';
import { PanelsyncError } from '../core/errors.ts';
import { createPayloadCodec } from '../core/model/payload-codec.ts';
import { timelineOf } from '../core/model/timeline/timeline.ts';
import type { TimelineEvent } from '../core/model/timeline/timeline.ts';
import type { ForgottenRecord, PersonSelector } from '../core/ports/records.ts';

/** What happened to one person in one sync. */
export interface SyncTimeline {
  readonly sync: string;
  readonly key: string;
  readonly events: readonly TimelineEvent[];
}

export interface ExplanationView {
  readonly timelines: readonly SyncTimeline[];
  /** Where the person is forgotten: nothing older is recorded there. */
  readonly forgotten: readonly ForgottenRecord[];
}

/** What happened to one person, run by run, from what is recorded; makes no request. */
export async function explainPerson(app: App, person: PersonSelector): Promise<ExplanationView> {
  const state = await app.records();
  const codec = createPayloadCodec(app.config.state);
  const timelines = (await state.timelines(person)).map((records) => ({
    sync: records.sync,
    key: records.key,
    events: timelineOf(records, codec),
  }));
  const forgotten = await state.forgotten(person);
  if (timelines.length === 0 && forgotten.length === 0) throw unknownPersonError(person);
  return { timelines, forgotten };
}

function unknownPersonError({ sync, key }: PersonSelector): PanelsyncError {
  const where = sync === null ? 'any sync' : sync;
  return new PanelsyncError({
    code: 'unknown_person',
    recovery: 'usage',
    message: `Nobody is known in ${where} by that e-mail${key === null ? '' : ' or key'}.`,
    hint: 'Check the spelling. In a sync whose key is not the e-mail, name the key with --key.',
  });
}

/** The document of `explain --json`: one list, each event with its sync. */
export function explanationDocument({ timelines, forgotten }: ExplanationView): readonly object[] {
  const events = timelines.flatMap(({ sync, key, events: timelineEvents }) =>
    timelineEvents.map((event) => ({ sync, key, ...event })),
  );
  return [...events, ...forgotten.map(({ sync, since }) => ({ sync, event: 'forgotten', at: since }))];
}
