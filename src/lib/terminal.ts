import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import pc from 'picocolors';

/** Colours and shapes for people at a terminal; plain text where there is none. */
export interface Terminal {
  /** One line, or several, to standard output. */
  print(text: string): void;
  /** The same to standard error: what is not the answer itself. */
  tell(text: string): void;
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
    tell: (text) => void stderr.write(`${text}\n`),
    colours,
    isInteractive: stderr.isTTY,
    table: (head, rows) => table(head, rows, colours),
    progress: () => (stderr.isTTY ? bar(stderr) : { show: () => undefined, stop: () => undefined }),
  };
}

/** Columns set off by blanks: narrow, easy to read, easy to cut up by other programs. */
function table(head: readonly string[], rows: readonly (readonly string[])[], colours: Colours): string {
  const plain = new Table({
    head: head.map((title) => colours.dim(title)),
    chars: Object.fromEntries(edges.map((edge) => [edge, edge === 'middle' ? '  ' : ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  plain.push(...rows.map((row) => [...row]));
  return plain.toString().replace(/ +$/gm, '');
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

function bar(stream: Output): Progress {
  let label = '';
  let current: SingleBar | null = null;
  const stop = (): void => {
    current?.stop();
    current = null;
  };
  const begin = (next: string, total: number | null): SingleBar => {
    stop();
    label = next;
    const started = Date.now();
    const made = new SingleBar({
      stream,
      hideCursor: true,
      clearOnComplete: true,
      fps: 1000 / redrawMs,
      format: (_, { value, total: all }) => line({ label, done: value, total: total === null ? null : all, started }),
    });
    made.start(total ?? 0, 0);
    return made;
  };
  return {
    show: (next, done, total) => {
      if (current === null || next !== label) current = begin(next, total);
      current.update(done);
    },
    stop,
  };
}

const barWidth = 24;

interface Line {
  readonly label: string;
  readonly done: number;
  readonly total: number | null;
  readonly started: number;
}

function line({ label, done, total, started }: Line): string {
  const seconds = Math.max((Date.now() - started) / 1000, 0.001);
  const rate = `${Math.round(done / seconds).toLocaleString('en')}/s`;
  if (total === null) return `${label}  ${done.toLocaleString('en')} rows  ${rate}`;
  const share = total === 0 ? 1 : Math.min(done / total, 1);
  const full = Math.round(share * barWidth);
  const left = done === 0 ? '' : `  ${duration(((total - done) * seconds) / done)} left`;
  const drawn = `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
  return `${label}  ${drawn}  ${done.toLocaleString('en')} of ${total.toLocaleString('en')}  ${rate}${left}`;
}

/** A time span for people: 40 s, 12 min, 3 h 5 min. */
export function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
