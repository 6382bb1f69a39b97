/** Checks everything that a run needs and reports all errors at once. */

import type { App } from '../../app.ts';
import { configIssues } from '../../app/config-issues.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { checkAll } from './run-checks.ts';
import { skippedCheck } from './check-result.ts';
import type { Check, CheckResult } from './check-result.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { oneLine } from './mapped-columns.ts';
import type { MappedColumn } from './mapped-columns.ts';
import { sanitize } from '../../lib/terminal/printable.ts';

/** All issues of an invalid configuration; nothing else can be checked then. */
function invalidConfigResults(issues: NonNullable<ReturnType<typeof configIssues>>): readonly CheckResult[] {
  return [
    ...issues.map((issue) => ({
      check: { name: 'configuration', status: 'fault' as const, ...issue },
      exitCode: exitCodes.usage,
    })),
    skippedCheck('everything else', 'the configuration is invalid'),
  ];
}

/** Reads the configuration and checks everything; what is wrong becomes a result and is not thrown. */
async function collectResults(context: CommandContext, name: string | undefined): Promise<readonly CheckResult[]> {
  let app: App;
  try {
    app = await context.app();
  } catch (error) {
    const issues = configIssues(error);
    if (issues === null) throw error;
    return invalidConfigResults(issues);
  }
  return checkAll(app, name === undefined ? null : app.sync(name), context.shutdown.drain);
}

function checksText(checks: readonly Check[], terminal: Terminal): string {
  const failedCount = checks.filter(({ status }) => status === 'fault').length;
  const conclusion = failedCount === 0 ? 'A run can start. panelsync plan <sync> shows what it would send.' : null;
  const failureCount = failedCount === 1 ? '1 error' : `${failedCount} errors`;
  return [
    ...checks.map((check) => checkText(check, terminal)),
    '',
    conclusion ?? `${failureCount}; nothing was changed or sent.`,
  ].join('\n');
}

function checkText(check: Check, { colours }: Terminal): string {
  const { name, message, hint, retriable = false, mapping = [] } = check;
  const lines = [`${statusMark(check, colours)} ${name}: ${indented(message)}`];
  if (hint !== null) lines.push(`          ${indented(hint)}`);
  if (retriable) lines.push('          This may be temporary: run panelsync check again.');
  lines.push(...mapping.map((column) => `          ${columnText(column, colours)}`));
  return lines.join('\n');
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n          ');
}

function statusMark({ status }: Check, colours: Terminal['colours']): string {
  const label = (status === 'fault' ? 'error' : status).padEnd(8);
  switch (status) {
    case 'ok':
      return colours.green(`✓ ${label}`);
    case 'warning':
      return colours.yellow(`! ${label}`);
    case 'fault':
      return colours.red(`✗ ${label}`);
    case 'skipped':
      return colours.dim(`- ${label}`);
  }
}

function columnText(mapped: MappedColumn, colours: Terminal['colours']): string {
  const { field, column, type, sentAs, fits, note, description } = mapped;
  const sentAsText = field.startsWith('characteristics.') ? `, sent as ${sentAs}` : '';
  const text = `${sanitize(field)} ← ${sanitize(column)} (${type})${sentAsText}${note === null ? '' : `: ${note}`}${documented(description)}`;
  return fits ? colours.dim(text) : colours.yellow(text);
}

function documented(description: string | undefined): string {
  return description === undefined ? '' : ` · ${oneLine(description)}`;
}

/** Errors of the configuration come first: they must be corrected before anything can be reached. */
function overallExitCode(results: readonly CheckResult[]): number {
  const codes = results.map(({ exitCode }) => exitCode);
  return [exitCodes.usage, exitCodes.failed].find((code) => codes.includes(code)) ?? exitCodes.ok;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const results = await collectResults(context, input.args[0]);
  const checks = results.map(({ check }) => check);
  const exitCode = overallExitCode(results);
  printResult(context, { ok: exitCode === exitCodes.ok, checks }, () => checksText(checks, context.terminal));
  return exitCode;
}

export const checkCommand: Command = {
  name: 'check',
  summary: 'Checks everything that a run needs and reports all errors at once; read-only',
  args: [{ name: '[sync]', description: 'name of the sync; without it, all' }],
  options: [],
  run,
};
