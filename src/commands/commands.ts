import type { Command } from './command.ts';
import { runCommand } from './run.ts';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [runCommand];
