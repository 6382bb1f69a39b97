import type { App } from '../../app.ts';
import { recordAction } from '../../app/record-action.ts';
import { missingHashKeyError } from '../../core/model/payload-codec.ts';
import type { ErasedRows, PersonSelector } from '../../core/ports/records.ts';
import { formatNumber } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import { exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { requireConfirmation, yesOption } from '../shared/confirm.ts';
import { booleanOption, usageError } from '../shared/options.ts';
import { personFromInput } from '../shared/person.ts';

/** What forgetting a person came to, including what it cannot reach. */
export interface ForgetResult {
  readonly email: string;
  readonly forgotten: true;
  /** False where nobody was on record by that address; they are never sent all the same. */
  readonly known: boolean;
  readonly removed: readonly ErasedRows[];
  /** E-mails that the person had before or has since; they are not forgotten. */
  readonly otherEmails: readonly string[];
  readonly notReached: readonly string[];
}

export interface AllowResult {
  readonly email: string;
  readonly forgotten: false;
  /** False where the person was not forgotten. */
  readonly lifted: boolean;
}

/** Where data about the person may remain, whatever this database holds. */
const notReached = [
  'the Research Hub itself: delete the person there',
  'the warehouse: runs read the row and skip it',
  'backups, replicas and the write-ahead log of the state database, and its files until the next VACUUM',
  'plans saved to files (panelsync plan --out)',
  'logs of the Hub, of proxies and of the warehouse; the logs of panelsync name nobody',
];

/** Asks before anything is deleted; a malformed address that nobody is known by is a typing error. */
async function forget(app: App, person: PersonSelector, confirm: Confirm): Promise<ForgetResult> {
  const records = await app.records();
  const timelines = await records.timelines(person);
  const known = timelines.length > 0 || (await records.forgotten(person)).length > 0;
  if (!known && person.key === null) requireEmailForm(app, person.email);
  await confirm(confirmationText(person, known));
  const removed = await (await (await app.migratedState()).records()).forget(person);
  await recordAction(app, { action: 'forget', sync: person.sync, counts: { people: 1 } });
  const linked = timelines.flatMap(({ renames }) => renames.flatMap(({ from, to }) => [from, to]));
  const otherEmails = [...new Set(linked)].filter((email) => email !== person.email);
  return { email: person.email, forgotten: true, known, removed, otherEmails, notReached };
}

type Confirm = (question: string) => Promise<void>;

function requireEmailForm({ formats }: App, email: string): void {
  if (formats.isEmail(email)) return;
  throw usageError(
    `"${email}" is not an e-mail, and nobody is known by it. Nothing was changed.`,
    'Check the spelling. In a sync whose key is not the e-mail, name the key with --key.',
  );
}

function scopeText({ sync }: PersonSelector): string {
  return sync === null ? 'any sync' : sync;
}

const unknownText = 'Nobody is known by that address.';

function confirmationText(person: PersonSelector, known: boolean): string {
  const question = known
    ? `Delete the records of ${person.email} and never send them again by ${scopeText(person)}? This cannot be undone.`
    : `${unknownText} Block ${person.email} in ${scopeText(person)} all the same?`;
  return question;
}

function forgetResultText({ known, removed, otherEmails }: ForgetResult, person: PersonSelector): string {
  const lines = removed.flatMap(({ sync, removed: tables }) => {
    const counts = Object.entries(tables).map(([table, rows]) => `${table} ${formatNumber(rows)}`);
    return counts.length === 0 ? [] : [`  ${sync}: ${counts.join(', ')}`];
  });
  const blocked = `Blocked: this person is never sent by ${scopeText(person)}. panelsync forget --allow lifts the block.`;
  if (!known)
    return `${unknownText} Nothing was deleted.\n${blocked} If the address was mistyped, forget the right one.`;
  return [
    `Forgotten: this person is never sent again by ${scopeText(person)}. panelsync forget --allow lifts the block.`,
    ...(lines.length === 0 ? ['No rows had to be deleted.'] : ['Deleted rows:', ...lines]),
    ...otherEmails.map(
      (email) => `This person is known as ${sanitize(email)}, too. To forget that: panelsync forget ${sanitize(email)}`,
    ),
    'Data may remain in:',
    ...notReached.map((place) => `  ${place}`),
  ].join('\n');
}

async function allow(app: App, person: PersonSelector): Promise<AllowResult> {
  const lifted = await (await app.records()).allow(person);
  if (lifted) await recordAction(app, { action: 'allow', sync: person.sync, counts: { people: 1 } });
  return { email: person.email, forgotten: false, lifted };
}

function allowResultText({ lifted }: AllowResult, { sync }: PersonSelector): string {
  if (lifted)
    return 'Allowed: the next run treats this person like any other. If they are in the model, they are sent.';
  if (sync === null) return 'This person is not forgotten. Nothing was changed.';
  return `This person is not forgotten in ${sync} alone. If they are forgotten in every sync, repeat the command without --sync.`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const person = personFromInput(app, input);
  if (app.config.state.hashKey === null) throw missingHashKeyError();
  if (booleanOption(input, 'allow')) {
    const result = await allow(app, person);
    printResult(context, result, () => allowResultText(result, person));
    return exitCodes.ok;
  }
  const result = await forget(app, person, (question) => requireConfirmation(context, input, question));
  // Also where a script keeps standard output for itself; it names nobody.
  if (!result.known && !context.terminal.isInteractive) app.log.warn('forget: nobody was known by that address');
  printResult(context, result, () => forgetResultText(result, person));
  return exitCodes.ok;
}

export const forgetCommand: Command = {
  name: 'forget',
  summary: 'Deletes a person from the state and never sends them again',
  args: [{ name: '<e-mail>', description: 'e-mail of the person, in upper or lower case' }],
  options: [
    { flags: '--sync <sync>', description: 'only in this sync (default: all, including future ones)' },
    { flags: '--key <key>', description: 'their key, in syncs whose key is not the e-mail' },
    { flags: '--allow', description: 'lift the block: the person may be sent again' },
    yesOption,
  ],
  run,
};
