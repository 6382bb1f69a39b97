import type { App } from '../../app.ts';
import { missingHashKeyError } from '../../core/model/payload-codec.ts';
import type { PersonSelector, ErasedRows } from '../../core/ports/records.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { booleanOption } from '../shared/options.ts';
import { personFromInput } from '../shared/person.ts';

/** What forgetting somebody came to, told plainly: also what it cannot reach. */
export interface ForgetResult {
  readonly email: string;
  readonly forgotten: true;
  readonly removed: readonly ErasedRows[];
  readonly notReached: readonly string[];
}

export interface AllowResult {
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

export async function forgetPerson(app: App, person: PersonSelector): Promise<ForgetResult> {
  if (app.config.state.hashKey === null) throw missingHashKeyError();
  const openState = await app.state();
  await openState.migrate();
  const removed = await (await openState.records()).forget(person);
  return { email: person.email, forgotten: true, removed, notReached };
}

export async function unforgetPerson(app: App, person: PersonSelector): Promise<AllowResult> {
  if (app.config.state.hashKey === null) throw missingHashKeyError();
  return { email: person.email, forgotten: false, lifted: await (await app.records()).allow(person) };
}

function forgetResultText({ removed }: ForgetResult, { sync }: PersonSelector): string {
  const lines = removed.flatMap((wiped) => {
    const tables = Object.entries(wiped.removed).map(([table, rows]) => `${table} ${rows}`);
    return tables.length === 0 ? [] : [`  ${wiped.sync}: ${tables.join(', ')}`];
  });
  const removedLines = lines.length === 0 ? ['Nothing about this person was on record.'] : ['Rows removed:', ...lines];
  const where = sync === null ? 'by any sync' : `by ${sync}`;
  return [
    `Forgotten: this person is not sent any more ${where}, and not listed. panelsync forget --allow lifts that.`,
    ...removedLines,
    'What this cannot reach:',
    ...notReached.map((place) => `  ${place}`),
  ].join('\n');
}

function allowResultText({ lifted }: AllowResult, { sync }: PersonSelector): string {
  if (lifted)
    return 'Allowed: the next run treats this person as any other; while they are in the model, they are sent anew.';
  if (sync === null) return 'This person was not forgotten: nothing to lift.';
  return `This person was not forgotten in ${sync} alone: where it was for every sync, lift it without --sync.`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const person = personFromInput(app, input);
  if (booleanOption(input, 'allow')) {
    const allowResult = await unforgetPerson(app, person);
    printResult(context, allowResult, () => allowResultText(allowResult, person));
    return exitCodes.ok;
  }
  const forgetResult = await forgetPerson(app, person);
  printResult(context, forgetResult, () => forgetResultText(forgetResult, person));
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
