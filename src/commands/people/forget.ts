import type { App } from '../../app.ts';
import { missingHashKey } from '../../core/model/payload-codec.ts';
import type { NamedPerson, Wiped } from '../../core/ports/records.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { flag } from '../shared/options.ts';
import { namedPerson } from '../shared/person.ts';

/** What forgetting somebody came to, told plainly: also what it cannot reach. */
export interface Forgotten {
  readonly email: string;
  readonly forgotten: true;
  readonly removed: readonly Wiped[];
  readonly notReached: readonly string[];
}

export interface Allowed {
  readonly email: string;
  readonly forgotten: false;
  /** False where the person was not forgotten. */
  readonly lifted: boolean;
}

/** Where people may still be, whatever this database holds. */
const notReached = [
  'the Research Hub itself: delete the person there',
  'the warehouse and its model: the row is read in every run, and left out',
  'backups, replicas and the write-ahead log of the state database, and its files until the next VACUUM',
  'plans that were kept in files (panelsync plan --out)',
  'logs of the Hub, of proxies and of the warehouse; those of panelsync name nobody',
];

export async function forgetPerson(app: App, person: NamedPerson): Promise<Forgotten> {
  if (app.config.state.hashKey === null) throw missingHashKey();
  const opened = await app.state();
  await opened.migrate();
  const removed = await (await opened.records()).forget(person);
  return { email: person.email, forgotten: true, removed, notReached };
}

export async function allowPerson(app: App, person: NamedPerson): Promise<Allowed> {
  if (app.config.state.hashKey === null) throw missingHashKey();
  return { email: person.email, forgotten: false, lifted: await (await app.records()).allow(person) };
}

function forgottenText({ removed }: Forgotten, { sync }: NamedPerson): string {
  const lines = removed.flatMap((wiped) => {
    const tables = Object.entries(wiped.removed).map(([table, rows]) => `${table} ${rows}`);
    return tables.length === 0 ? [] : [`  ${wiped.sync}: ${tables.join(', ')}`];
  });
  const wiped = lines.length === 0 ? ['Nothing about this person was on record.'] : ['Rows removed:', ...lines];
  const where = sync === null ? 'by any sync' : `by ${sync}`;
  return [
    `Forgotten: this person is not sent any more ${where}, and not listed. panelsync forget --allow lifts that.`,
    ...wiped,
    'What this cannot reach:',
    ...notReached.map((place) => `  ${place}`),
  ].join('\n');
}

function allowedText({ lifted }: Allowed, { sync }: NamedPerson): string {
  if (lifted)
    return 'Allowed: the next run treats this person as any other; while they are in the model, they are sent anew.';
  if (sync === null) return 'This person was not forgotten: nothing to lift.';
  return `This person was not forgotten in ${sync} alone: where it was for every sync, lift it without --sync.`;
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const app = await context.app();
  const person = namedPerson(app, input);
  if (flag(input, 'allow')) {
    const allowed = await allowPerson(app, person);
    answer(context, allowed, () => allowedText(allowed, person));
    return exitCodes.ok;
  }
  const forgotten = await forgetPerson(app, person);
  answer(context, forgotten, () => forgottenText(forgotten, person));
  return exitCodes.ok;
}

export const forgetCommand: Command = {
  name: 'forget',
  summary: 'Wipes a person from the state and never sends them again',
  args: [{ name: '<e-mail>', description: 'of the person, in any case' }],
  options: [
    { flags: '--sync <sync>', description: 'in this sync only; otherwise in all, those to come included' },
    { flags: '--key <key>', description: 'their key, in syncs that have another one than the e-mail' },
    { flags: '--allow', description: 'lift it: the person may be sent again' },
  ],
  run,
};
