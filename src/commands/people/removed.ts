import { absenceReasons } from '../../core/ports/row-lists.ts';
import type { AbsentPeople, AbsentPerson } from '../../core/ports/row-lists.ts';
import { formatPeople, formatTimestamp } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import { exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { rowErrorsText } from '../shared/format.ts';
import { argumentAt, choiceOption } from '../shared/options.ts';
import { countText, printRowList, rowListOptions, rowListRequest } from '../shared/row-list.ts';
import type { RowList } from '../shared/row-list.ts';

function removedList(removed: AbsentPeople, sync: string): RowList<AbsentPerson> {
  const { people, total, reasons } = removed;
  return {
    reasons,
    rows: people,
    columns: {
      email: ({ key }) => key,
      reason: ({ reason }) => reason,
      renamedTo: ({ renamedTo }) => renamedTo,
      since: ({ since }) => since,
      runId: ({ runId }) => runId,
      marked: ({ marked }) => String(marked),
      markedAt: ({ markedAt }) => markedAt,
      code: ({ refusal }) => refusal?.code ?? null,
      message: ({ refusal }) => refusal?.message ?? null,
    },
    document: ({ key, ...person }) => ({ email: key, ...person }),
    table: {
      columns: ['e-mail', { title: 'since', whenNarrow: 'omit' }, 'reason', { title: 'mark', whenNarrow: 'wrap' }],
      cells: removedCells,
      summary: `${countText(formatPeople(total), { shown: people.length, total })} The Hub keeps them: nobody is deleted.`,
      none: noneText(reasons, sync),
    },
  };
}

function removedCells(person: AbsentPerson): readonly string[] {
  const { key, since, reason, renamedTo } = person;
  return [
    sanitize(key),
    since === null ? '' : formatTimestamp(since),
    renamedTo === null ? reason : `renamed to ${sanitize(renamedTo)}`,
    markText(person),
  ];
}

function markText({ marked, markedAt, refusal }: AbsentPerson): string {
  const mark = marked ? `marked${markedAt === null ? '' : ` ${formatTimestamp(markedAt)}`}` : 'not marked';
  return refusal === null ? mark : `${mark}; rejected by the Hub: ${rowErrorsText([refusal])}`;
}

function noneText(reasons: AbsentPeople['reasons'], sync: string): string {
  if (reasons.length === 0) return `Nobody has left the model of ${sync}.`;
  return `Nobody of ${sync} is listed for this reason; there are people with ${reasons.map(({ reason }) => reason).join(', ')}.`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const request = rowListRequest(context, input);
  choiceOption(input, 'reason', absenceReasons);
  const app = await context.app();
  const { name } = app.sync(argumentAt(input, 0));
  const removed = await (await app.records()).removed(name, request);
  printRowList(context, request, removedList(removed, name));
  return exitCodes.ok;
}

export const removedCommand: Command = {
  name: 'removed',
  summary: 'People who left the model, since when, and whether they are marked in the Hub',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: rowListOptions('only people listed for this reason, such as left'),
  run,
};
