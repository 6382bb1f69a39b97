import { absenceReasons } from '../../core/ports/row-lists.ts';
import type { AbsentPeople, AbsentPerson } from '../../core/ports/row-lists.ts';
import { formatNumber, formatTimestamp, pluralize } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { rowErrorsText } from '../shared/format.ts';
import { argumentAt, usageError } from '../shared/options.ts';
import { csvText, rowsOptions, rowsRequest } from '../shared/rows-options.ts';

const csvHeader = ['email', 'reason', 'since', 'runId', 'marked', 'markedAt', 'code', 'message'] as const;

/** The document of `removed --json`. Rows of a sync that marks people are keyed by e-mail. */
function personDocument({ key, ...person }: AbsentPerson): object {
  return { email: key, ...person };
}

function removedCsv(people: readonly AbsentPerson[]): string {
  const rows = people.map(({ key, reason, since, runId, marked, markedAt, refusal }) => [
    key,
    reason,
    since,
    runId,
    String(marked),
    markedAt,
    refusal?.code ?? null,
    refusal?.message ?? null,
  ]);
  return csvText(csvHeader, rows);
}

function markText({ marked, markedAt, refusal }: AbsentPerson): string {
  const mark = marked ? `marked${markedAt === null ? '' : ` ${formatTimestamp(markedAt)}`}` : 'not marked';
  return refusal === null ? mark : `${mark}; rejected by the Hub: ${rowErrorsText([refusal])}`;
}

function removedText({ people, total }: AbsentPeople, sync: string, terminal: Terminal): string {
  if (total === 0) return `Nobody has left the model of ${sync}.`;
  const table = terminal.table(
    ['e-mail', { title: 'since', whenNarrow: 'omit' }, 'reason', { title: 'mark', whenNarrow: 'wrap' }],
    people.map((person) => [
      sanitize(person.key),
      person.since === null ? '' : formatTimestamp(person.since),
      person.reason,
      markText(person),
    ]),
  );
  const shown = people.length < total ? `; ${formatNumber(people.length)} shown` : '';
  const summary = `${pluralize(total, 'person', 'people')}${shown}. The Hub keeps them: nobody is deleted.`;
  return `${table}\n\n${terminal.colours.dim(summary)}`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { csv, ...query } = rowsRequest(context, input);
  if (query.reason !== null && !absenceReasons.some((reason) => reason === query.reason))
    throw usageError(`--reason does not take "${query.reason}".`, `Use one of ${absenceReasons.join(', ')}.`);
  const app = await context.app();
  const { name } = app.sync(argumentAt(input, 0));
  const removed = await (await app.records()).removed(name, query);
  if (csv) context.terminal.printRows(removedCsv(removed.people));
  else printResult(context, removed.people.map(personDocument), () => removedText(removed, name, context.terminal));
  return exitCodes.ok;
}

export const removedCommand: Command = {
  name: 'removed',
  summary: 'People who left the model, since when, and whether they are marked in the Hub',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: rowsOptions('only people listed for this reason, such as left'),
  run,
};
