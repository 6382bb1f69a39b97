import type { App } from '../../app.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { createKeeping } from '../../core/model/payload-codec.ts';
import { lifeOf } from '../../core/model/timeline/timeline.ts';
import type { NamedPerson } from '../../core/ports/records.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { lifeText } from './explain-text.ts';
import type { Explanation } from './explain-text.ts';
import { namedPerson } from '../shared/person.ts';

/** What happened to one person, run by run, out of what is on record; asks nobody else. */
export async function explainPerson(app: App, person: NamedPerson): Promise<Explanation> {
  const records = await app.records();
  const keeping = createKeeping(app.config.state);
  const lives = (await records.life(person)).map((life) => ({
    sync: life.sync,
    key: life.key,
    events: lifeOf(life, keeping),
  }));
  const forgotten = await records.forgotten(person);
  if (lives.length === 0 && forgotten.length === 0) throw unknownPerson(person);
  return { lives, forgotten };
}

function unknownPerson({ sync, key }: NamedPerson): PanelsyncError {
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
export function explanationDocument({ lives, forgotten }: Explanation): readonly object[] {
  const events = lives.flatMap(({ sync, key, events: own }) => own.map((event) => ({ sync, key, ...event })));
  return [...events, ...forgotten.map(({ sync, since }) => ({ sync, event: 'forgotten', at: since }))];
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const app = await context.app();
  const explanation = await explainPerson(app, namedPerson(app, input));
  answer(context, explanationDocument(explanation), () => lifeText(explanation, context.terminal));
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
