import type { App } from '../../app.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { createPayloadCodec } from '../../core/model/payload-codec.ts';
import { timelineOf } from '../../core/model/timeline/timeline.ts';
import type { PersonSelector } from '../../core/ports/records.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { explanationText } from './explain-text.ts';
import type { ExplanationView } from './explain-text.ts';
import { personFromInput } from '../shared/person.ts';

/** What happened to one person, run by run, out of what is on record; asks nobody else. */
export async function explainPerson(app: App, person: PersonSelector): Promise<ExplanationView> {
  const records = await app.records();
  const codec = createPayloadCodec(app.config.state);
  const timelines = (await records.timelines(person)).map((life) => ({
    sync: life.sync,
    key: life.key,
    events: timelineOf(life, codec),
  }));
  const forgotten = await records.forgotten(person);
  if (timelines.length === 0 && forgotten.length === 0) throw unknownPersonError(person);
  return { timelines, forgotten };
}

function unknownPersonError({ sync, key }: PersonSelector): PanelsyncError {
  const where = sync === null ? 'any sync' : sync;
  return new PanelsyncError({
    code: 'unknown_person',
    recovery: 'usage',
    message: `Nobody is on record in ${where} under that e-mail${key === null ? '' : ' or key'}.`,
    hint:
      'See whether it is written as in the model; in a sync with another key than the e-mail, name that with --key. ' +
      'panelsync plan shows who would be sent.',
  });
}

/** The document of `explain --json`: one list, each event with its sync. */
export function explanationDocument({ timelines, forgotten }: ExplanationView): readonly object[] {
  const events = timelines.flatMap(({ sync, key, events: timelineEvents }) =>
    timelineEvents.map((event) => ({ sync, key, ...event })),
  );
  return [...events, ...forgotten.map(({ sync, since }) => ({ sync, event: 'forgotten', at: since }))];
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const explanation = await explainPerson(app, personFromInput(app, input));
  printResult(context, explanationDocument(explanation), () => explanationText(explanation, context.terminal));
  return exitCodes.ok;
}

export const explainCommand: Command = {
  name: 'explain',
  summary: 'What happened to one person, run by run, and why',
  args: [{ name: '<e-mail>', description: 'of the person, in any case' }],
  options: [
    { flags: '--sync <sync>', description: 'in this sync only' },
    { flags: '--key <key>', description: 'their key, in syncs that have another one than the e-mail' },
  ],
  run,
};
