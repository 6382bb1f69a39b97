import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import pc from 'picocolors';

/** Colours and shapes for people at a terminal; plain text where there is none. */
export interface Terminal {
  /** One line, or several, to standard output. */
  print(text: string): void;
  /** The same to standard error: what is not the answer itself. */
  printNotice(text: string): void;
  readonly colours: Colours;
  /** A person sees what goes to standard error as it comes. */
  readonly isInteractive: boolean;
  table(head: readonly string[], rows: readonly (readonly string[])[]): string;
  /** A bar on standard error while something long is done; silent without a terminal. */
  progress(): Progress;
}

export type Colours = ReturnType<typeof pc.createColors>;

export interface Progress {
  /** `total` null: nobody knows. */
  show(label: string, done: number, total: number | null): void;
  stop(): void;
}

type Output = NodeJS.WritableStream & { readonly isTTY: boolean };

interface Outputs {
  readonly stdout: Output;
  readonly stderr: Output;
}

export function createTerminal({ stdout, stderr }: Outputs): Terminal {
  const colours = pc.createColors(stdout.isTTY && pc.isColorSupported);
  return {
    print: (text) => void stdout.write(`${text}\n`),
    printNotice: (text) => void stderr.write(`${text}\n`),
    colours,
    isInteractive: stderr.isTTY,
    table: (head, rows) => table(head, rows, colours),
    progress: () => (stderr.isTTY ? createProgressBar(stderr) : { show: () => undefined, stop: () => undefined }),
  };
}

/** Columns set off by blanks: narrow, easy to read, easy to cut up by other programs. */
function table(head: readonly string[], rows: readonly (readonly string[])[], colours: Colours): string {
  const cliTable = new Table({
    head: head.map((title) => colours.dim(title)),
    chars: Object.fromEntries(edges.map((edge) => [edge, edge === 'middle' ? '  ' : ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  cliTable.push(...rows.map((row) => [...row]));
  return cliTable.toString().replace(/ +$/gm, '');
}

const edges = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
  'middle',
] as const;

const redrawMs = 200;

function createProgressBar(stream: Output): Progress {
  let label = '';
  let current: SingleBar | null = null;
  const stop = (): void => {
    current?.stop();
    current = null;
  };
  const startBar = (next: string, total: number | null): SingleBar => {
    stop();
    label = next;
    const started = Date.now();
    const progressBar = new SingleBar({
      stream,
      hideCursor: true,
      clearOnComplete: true,
      fps: 1000 / redrawMs,
      format: (_, { value, total: totalRows }) =>
        formatProgress({ label, done: value, total: total === null ? null : totalRows, started }),
    });
    progressBar.start(total ?? 0, 0);
    return progressBar;
  };
  return {
    show: (next, done, total) => {
      if (current === null || next !== label) current = startBar(next, total);
      current.update(done);
    },
    stop,
  };
}

const barWidth = 24;

interface ProgressLine {
  readonly label: string;
  readonly done: number;
  readonly total: number | null;
  readonly started: number;
}

function formatProgress({ label, done, total, started }: ProgressLine): string {
  const seconds = Math.max((Date.now() - started) / 1000, 0.001);
  const rate = `${Math.round(done / seconds).toLocaleString('en')}/s`;
  if (total === null) return `${label}  ${done.toLocaleString('en')} rows  ${rate}`;
  const fraction = total === 0 ? 1 : Math.min(done / total, 1);
  const filledWidth = Math.round(fraction * barWidth);
  const remaining = done === 0 ? '' : `  ${formatDuration(((total - done) * seconds) / done)} left`;
  const barText = `${'█'.repeat(filledWidth)}${'░'.repeat(barWidth - filledWidth)}`;
  return `${label}  ${barText}  ${done.toLocaleString('en')} of ${total.toLocaleString('en')}  ${rate}${remaining}`;
}

/** A time span for people: 40 s, 12 min, 3 h 5 min. */
export function formatDuration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
