import type { App } from '../../app.ts';
import { configFaults } from '../../app.ts';
import type { Terminal } from '../../lib/terminal.ts';
import { checkAll } from './run-checks.ts';
import type { Check, Finding } from './check-result.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import type { MappedColumn } from './mapped-columns.ts';
import { plain } from '../shared/report-text.ts';

/** The findings on a configuration that cannot be used: all its faults, and that nothing else was looked at. */
function faultyConfiguration(faults: NonNullable<ReturnType<typeof configFaults>>): readonly Finding[] {
  const message = 'not looked at: the configuration cannot be used';
  const others: Check = { name: 'everything else', status: 'skipped', message, hint: null };
  return [
    ...faults.map((fault) => ({
      check: { name: 'configuration', status: 'fault' as const, ...fault },
      exitCode: exitCodes.usage,
    })),
    { check: others, exitCode: exitCodes.ok },
  ];
}

/** Opens the configuration and looks at everything; every fault is a finding, none is thrown. */
async function findings(context: CommandContext, name: string | undefined): Promise<readonly Finding[]> {
  let app: App;
  try {
    app = await context.app();
  } catch (error) {
    const faults = configFaults(error);
    if (faults === null) throw error;
    return faultyConfiguration(faults);
  }
  return checkAll(app, name === undefined ? null : app.sync(name), context.stop.drain);
}

function checksText(checks: readonly Check[], terminal: Terminal): string {
  const faults = checks.filter(({ status }) => status === 'fault').length;
  const end =
    faults === 0 ? 'Nothing stands in the way of a run. panelsync plan <sync> shows what it would send.' : null;
  const count = faults === 1 ? '1 fault' : `${faults} faults`;
  return [
    ...checks.map((check) => checkText(check, terminal)),
    '',
    end ?? `${count}; nothing was changed or sent.`,
  ].join('\n');
}

function checkText(check: Check, { colours }: Terminal): string {
  const { name, message, hint, mapping = [] } = check;
  const lines = [`${markOf(check, colours)} ${name}: ${indented(message)}`];
  if (hint !== null) lines.push(`          ${indented(hint)}`);
  lines.push(...mapping.map((column) => `          ${columnText(column, colours)}`));
  return lines.join('\n');
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n          ');
}

function markOf({ status }: Check, colours: Terminal['colours']): string {
  const mark = status.padEnd(8);
  switch (status) {
    case 'ok':
      return colours.green(`✓ ${mark}`);
    case 'warning':
      return colours.yellow(`! ${mark}`);
    case 'fault':
      return colours.red(`✗ ${mark}`);
    case 'skipped':
      return colours.dim(`- ${mark}`);
  }
}

function columnText({ field, column, type, sentAs, fits, note }: MappedColumn, colours: Terminal['colours']): string {
  const as = field.startsWith('characteristics.') ? `, sent as ${sentAs}` : '';
  const text = `${plain(field)} ← ${plain(column)} (${type})${as}${note === null ? '' : `: ${note}`}`;
  return fits ? colours.dim(text) : colours.yellow(text);
}

/** Faults of the configuration count more than things that cannot be reached: they are put right first. */
function exitCodeFor(all: readonly Finding[]): number {
  const codes = all.map(({ exitCode }) => exitCode);
  return [exitCodes.usage, exitCodes.failed].find((code) => codes.includes(code)) ?? exitCodes.ok;
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const all = await findings(context, input.args[0]);
  const checks = all.map(({ check }) => check);
  const exitCode = exitCodeFor(all);
  answer(context, { ok: exitCode === exitCodes.ok, checks }, () => checksText(checks, context.terminal));
  return exitCode;
}

export const checkCommand: Command = {
  name: 'check',
  summary: 'Looks at everything a run needs, and tells every fault in one go; read-only',
  args: [{ name: '[sync]', description: 'name of the sync; without it, all' }],
  options: [],
  run,
};
