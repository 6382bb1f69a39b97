/** What a person sees: text, tables, progress and questions on a terminal. */

import { createInterface } from 'node:readline';
import pc from 'picocolors';
import { wrapText } from './layout.ts';
import { escapeJson, sanitizeOutput } from './printable.ts';
import { createProgressBar } from './progress-bar.ts';
import type { Progress, ProgressBar } from './progress-bar.ts';
import { formatTable } from './table.ts';
import type { Column } from './table.ts';

/**
 * The one writer of standard output and standard error: whatever is printed while a progress bar shows stands above
 * it, nothing drives the terminal but our own colours, and lines break between words.
 */
export interface Terminal {
  /** One line, or several, to standard output. */
  print(text: string): void;
  /** The same for programs: lines stay whole. */
  printRows(text: string): void;
  /** One document to standard output. */
  printJson(document: unknown): void;
  /** The same as `print` to standard error: what is not the answer itself. */
  printNotice(text: string): void;
  /** One line of a log to standard error. */
  writeLog(line: string): void;
  readonly colours: Colours;
  /** A person sees what goes to standard error as it comes. */
  readonly isInteractive: boolean;
  /** Both outputs go to the screen of one person. */
  readonly sharesScreen: boolean;
  /** There is a person who can be asked. */
  readonly canAsk: boolean;
  /** The answer to a question, without blanks around it; `null` where the question was given up. */
  ask(question: string, signal: AbortSignal): Promise<string | null>;
  /** Fitted to the terminal where there is one. A column given by its title stands at the left and is never left out. */
  table(columns: readonly (string | Column)[], rows: readonly (readonly string[])[]): string;
  /** A bar on standard error while something long is done; silent without a terminal. */
  progress(): Progress;
}

export type Colours = ReturnType<typeof pc.createColors>;

type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface TerminalStreams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
}

export function createTerminal({ stdin, stdout, stderr }: TerminalStreams): Terminal {
  const colours = pc.createColors(stdout.isTTY === true && pc.isColorSupported);
  const isInteractive = stderr.isTTY === true;
  const canAsk = isInteractive && stdin.isTTY === true;
  let bar: ProgressBar | null = null;
  const write = (stream: Output, text: string): void => {
    bar?.pause();
    stream.write(`${text}\n`);
    bar?.resume();
  };
  const forPeople = (stream: Output, text: string): string => {
    const width = widthOf(stream);
    const clean = sanitizeOutput(text, colours.isColorSupported);
    return width === null ? clean : wrapText(clean, width);
  };
  return {
    print: (text) => write(stdout, forPeople(stdout, text)),
    printRows: (text) => write(stdout, sanitizeOutput(text, colours.isColorSupported)),
    printJson: (document) => write(stdout, escapeJson(JSON.stringify(document, null, 2))),
    printNotice: (text) => write(stderr, forPeople(stderr, text)),
    writeLog: (line) => write(stderr, sanitizeOutput(line, colours.isColorSupported)),
    colours,
    isInteractive,
    sharesScreen: isInteractive && stdout.isTTY === true,
    canAsk,
    ask: async (question, signal) => {
      bar?.pause();
      return canAsk ? ask(question, signal, { stdin, stderr }) : null;
    },
    table: (columns, rows) => formatTable(toColumns(columns, rows), rows, { width: widthOf(stdout), dim: colours.dim }),
    progress: () => {
      if (!isInteractive) return { show: () => undefined, stop: () => undefined };
      bar?.stop();
      bar = createProgressBar(stderr);
      return bar;
    },
  };
}

/** No columns: as many as the rows have, without titles. */
function toColumns(columns: readonly (string | Column)[], rows: readonly (readonly string[])[]): readonly Column[] {
  if (columns.length === 0) return (rows[0] ?? []).map(() => ({ title: '' }));
  return columns.map((column) => (typeof column === 'string' ? { title: column } : column));
}

function widthOf({ isTTY, columns }: Output): number | null {
  return isTTY === true && columns !== undefined && columns > 0 ? columns : null;
}

/** The line discipline of the terminal stays in charge, so Ctrl-C is a signal as everywhere else. */
function ask(
  question: string,
  signal: AbortSignal,
  { stdin, stderr }: Pick<TerminalStreams, 'stdin' | 'stderr'>,
): Promise<string | null> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: stdin, output: stderr, terminal: false });
    const finish = (answer: string | null): void => {
      resolve(answer);
      lines.close();
    };
    if (signal.aborted) {
      finish(null);
      return;
    }
    signal.addEventListener('abort', () => finish(null), { once: true });
    lines.once('line', (line) => finish(line.trim())).once('close', () => finish(null));
    stderr.write(`${sanitizeOutput(question, false)} `);
  });
}
