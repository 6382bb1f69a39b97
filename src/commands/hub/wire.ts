import path from 'node:path';
import { compareWire } from '../../app/compare-wire.ts';
import { readOpenapiFile } from '../../app/read-wire-reference.ts';
import { writeWireProfile } from '../../app/write-wire-profile.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { Config } from '../../core/settings.ts';
import { exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { booleanOption, stringOption, usageError } from '../shared/options.ts';
import { wireDocument, wireText } from './wire-text.ts';

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const file = stringOption(input, 'openapi');
  if (file === null) {
    throw usageError(
      "wire needs the vendor's OpenAPI file.",
      'Download it from api-docs.userinterviews.com, and name it: --openapi hub-v2-api.yaml.',
    );
  }
  const reference = await readOpenapiFile(path.resolve(context.cwd, file), file);
  const write = booleanOption(input, 'write');
  const config = await readConfig(context, write);
  const comparison = compareWire(reference, config?.destination ?? null);
  const written =
    write && config !== null
      ? { file: config.file, changed: await writeWireProfile(config.file, comparison.profile) }
      : null;
  const view = { file, reference, comparison, isCompared: config !== null, written };
  printResult(context, wireDocument(view), () => wireText(view, context.terminal));
  return exitCodes.ok;
}

/** An OpenAPI file can be read before anything is configured. */
async function readConfig(context: CommandContext, isNeeded: boolean): Promise<Config | null> {
  try {
    return (await context.app()).config;
  } catch (error) {
    if (!isNeeded && error instanceof PanelsyncError && error.code === 'config_invalid') return null;
    throw error;
  }
}

export const wireCommand: Command = {
  name: 'wire',
  summary: "Derives the wire profile from the vendor's OpenAPI file; sends nothing",
  args: [],
  options: [
    { flags: '--openapi <file>', description: "the vendor's OpenAPI file, as YAML or JSON" },
    { flags: '--write', description: 'write the profile into the configuration, and leave the rest of it untouched' },
  ],
  run,
};
