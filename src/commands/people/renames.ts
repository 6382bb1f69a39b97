import { renameReasons } from '../../core/ports/row-lists.ts';
import type { RenamedPerson } from '../../core/ports/row-lists.ts';
import type { ReasonCount } from '../../core/model/terms.ts';
import type { Records } from '../../core/ports/records.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { formatPeople, formatTimestamp } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import { exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt, choiceOption } from '../shared/options.ts';
import { countRows } from '../shared/reasons.ts';
import { countText, otherReasonsText, printRowList, rowListOptions, rowListRequest } from '../shared/row-list.ts';
import type { RowList, RowListRequest } from '../shared/row-list.ts';

/** Renames that are read at once. */
const pageRows = 5000;

interface RenamesView extends Pick<RowListRequest, 'reason'> {
  readonly sync: SyncSettings;
  readonly people: readonly RenamedPerson[];
  /** Of all renames, listed or not. */
  readonly reasons: readonly ReasonCount[];
}

/** In the order of the new e-mails. */
async function readRenames(
  records: Records,
  sync: string,
  { limit, reason }: Pick<RowListRequest, 'limit' | 'reason'>,
): Promise<readonly RenamedPerson[]> {
  const people: RenamedPerson[] = [];
  const query = { reason, field: null, message: null, search: null, sort: 'key', descending: false, shuffledBy: null };
  let after: string | null = null;
  do {
    const pageLimit = limit === null ? pageRows : Math.min(pageRows, limit - people.length);
    const page = await records.rows({ list: 'renames', sync }, { ...query, limit: pageLimit, after });
    // The list holds nothing else.
    people.push(...(page.items as readonly RenamedPerson[]));
    after = people.length === limit ? null : page.next;
  } while (after !== null);
  return people;
}

function renamesList(view: RenamesView): RowList<RenamedPerson> {
  return {
    reasons: view.reasons,
    rows: view.people,
    columns: {
      email: ({ email }) => email,
      previousEmail: ({ previousEmail }) => previousEmail,
      reason: ({ reason }) => reason,
      runId: ({ runId }) => runId,
      at: ({ at }) => at,
    },
    document: ({ key: _key, ...person }) => person,
    table: {
      columns: [
        'e-mail',
        'previous e-mail',
        { title: 'which is', whenNarrow: 'wrap' },
        { title: 'run', align: 'right', whenNarrow: 'omit' },
        { title: 'at', whenNarrow: 'omit' },
      ],
      cells: ({ email, previousEmail, reason, runId, at }) => [
        sanitize(email),
        sanitize(previousEmail),
        reason,
        runId,
        formatTimestamp(at),
      ],
      summary: summaryText(view),
      none: noneText(view),
    },
  };
}

function summaryText({ people, reasons, reason }: RenamesView): string {
  const total = countRows(reason === null ? reasons : reasons.filter((one) => one.reason === reason));
  const count = countText(formatPeople(total), { shown: people.length, total });
  return `${count} The Hub has a participant under either e-mail: nobody is deleted.`;
}

function noneText({ sync: { name, identity }, reasons, reason }: RenamesView): string {
  if (reasons.length > 0) return `${name} has no renames ${otherReasonsText(reason ?? '', reasons)}.`;
  const hint = identity === null ? ` syncs.${name}.identity names the column that stays with a person.` : '';
  return `Nobody in ${name} is known to have a new e-mail.${hint}`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const request = rowListRequest(context, input);
  choiceOption(input, 'reason', renameReasons);
  const app = await context.app();
  const sync = app.sync(argumentAt(input, 0));
  const records = await app.records();
  const people = await readRenames(records, sync.name, request);
  const reasons = await records.reasons({ list: 'renames', sync: sync.name });
  printRowList(context, request, renamesList({ sync, people, reasons, reason: request.reason }));
  return exitCodes.ok;
}

export const renamesCommand: Command = {
  name: 'renames',
  summary: 'People with a new e-mail: the one before it, when, and what became of that',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: rowListOptions('only people whose previous e-mail is kept, marked, back or deleted'),
  run,
};
