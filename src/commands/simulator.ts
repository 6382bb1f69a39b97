import { once } from 'node:events';
import type { Stop } from '../core/ports/ports.ts';
import { defaultOptions } from '../simulator/options.ts';
import type { SimulatorOptions } from '../simulator/options.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { answer, exitCodes } from './command.ts';
import type { Command, CommandContext, CommandOption, Input } from './command.ts';
import { flag, oneOf, text, usageError, wholeNumber } from './shared/options.ts';
import { counted, number } from './shared/report-text.ts';

const usualPort = 8788;
const auths = ['apikey-header', 'bearer'] as const;
const envelopes = ['participants', 'jsonapi'] as const;
const fieldCases = ['snake', 'camel'] as const;
const pointers = ['jsonapi', 'participants', 'short', 'none'] as const;
const unknownKeys = ['refuse', 'drop'] as const;
const retryAfters = ['seconds', 'date', 'none'] as const;

/** Serves until the stop is asked for; `onReady` is told once it listens. */
export async function serve(
  options: Partial<SimulatorOptions>,
  { drain }: Stop,
  onReady: (simulator: Simulator) => void,
): Promise<Simulator> {
  const { startSimulator } = await import('../simulator/simulator.ts');
  const simulator = await startSimulator(options);
  try {
    onReady(simulator);
    if (!drain.aborted) await once(drain, 'abort');
    return simulator;
  } finally {
    await simulator.close();
  }
}

function simulatorOptions(input: Input): SimulatorOptions {
  const usual = defaultOptions;
  const port = wholeNumber(input, 'port', 0) ?? usualPort;
  if (port > 65_535) throw usageError(`--port takes 0 to 65535, not ${port}.`, 'Take 0 for any free port.');
  const wire = {
    auth: oneOf(input, 'auth', auths) ?? usual.wire.auth,
    envelope: oneOf(input, 'envelope', envelopes) ?? usual.wire.envelope,
    fieldCase: oneOf(input, 'field-case', fieldCases) ?? usual.wire.fieldCase,
  };
  return {
    ...usual,
    wire,
    port,
    host: text(input, 'host') ?? usual.host,
    apiKey: text(input, 'key') ?? usual.apiKey,
    requestsPerMinute: wholeNumber(input, 'requests-per-minute', 1),
    retryAfterForm: oneOf(input, 'retry-after', retryAfters) ?? usual.retryAfterForm,
    latencyMs: wholeNumber(input, 'latency', 0) ?? usual.latencyMs,
    pointers: oneOf(input, 'pointers', pointers) ?? usual.pointers,
    unknownKeys: oneOf(input, 'unknown-keys', unknownKeys) ?? usual.unknownKeys,
    allowMissingEmail: flag(input, 'allowMissingEmail'),
  };
}

function readyText({ url }: Simulator, { apiKey, wire }: SimulatorOptions): string {
  const controls = url.replace(/\/api$/, '/simulator');
  return `The Research Hub simulator listens on ${url}. Ctrl-C ends it, and forgets everything.

In panelsync.yaml:

destination:
  apiKey: ${JSON.stringify(apiKey)}
  baseUrl: ${url}
  wire: { auth: ${wire.auth}, envelope: ${wire.envelope}, fieldCase: ${wire.fieldCase} }

The people it holds, and what it has seen:
  curl ${controls}/people
  curl ${controls}/stats
Edit somebody, and delete somebody, as researchers do:
  curl -d '{"email": "ada@example.com", "city": "Oslo"}' ${controls}/people
  curl -X DELETE '${controls}/people?email=ada@example.com'
Let the next two batches fail; forget people, counts and faults:
  curl -d '{"kind": "status", "status": 503, "times": 2}' ${controls}/faults
  curl -X POST ${controls}/reset
`;
}

function countersDocument({ url, people, counters }: Simulator): object {
  const { requests, byStatus, cut, batchesApplied, rowsApplied, created, updated, repeated } = counters;
  const counts = { requests, byStatus: Object.fromEntries(byStatus), cut, batchesApplied, rowsApplied };
  return { url, people: people.size, ...counts, created, updated, repeated };
}

function countersText({ people, counters }: Simulator): string {
  const { requests, byStatus, batchesApplied, created, updated } = counters;
  const statuses = [...byStatus].map(([status, count]) => `${status}: ${number(count)}`).join(', ');
  return [
    `${counted(people.size, 'person', 'people')}; ${number(created)} created, ${number(updated)} updated in ${counted(batchesApplied, 'batch', 'batches')}`,
    `${counted(requests, 'request')}${statuses === '' ? '' : ` (${statuses})`}`,
  ].join('\n');
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const options = simulatorOptions(input);
  const { json, terminal } = context;
  const onReady = (simulator: Simulator): void => {
    // The one document of --json are the counters at the end.
    if (json) terminal.tell(readyText(simulator, options));
    else terminal.print(readyText(simulator, options));
  };
  const simulator = await serve(options, context.stop, onReady);
  answer(context, countersDocument(simulator), () => countersText(simulator));
  return exitCodes.ok;
}

const options: readonly CommandOption[] = [
  { flags: '--port <n>', description: 'port; 0: any that is free', fallback: String(usualPort) },
  { flags: '--host <host>', description: 'address to listen on', fallback: defaultOptions.host },
  { flags: '--key <key>', description: 'the API key that it accepts', fallback: defaultOptions.apiKey },
  { flags: '--auth <form>', description: 'the header the key comes in', choices: auths, fallback: 'apikey-header' },
  { flags: '--envelope <form>', description: 'how a batch is wrapped', choices: envelopes, fallback: 'participants' },
  { flags: '--field-case <case>', description: 'how fields are named', choices: fieldCases, fallback: 'snake' },
  { flags: '--requests-per-minute <n>', description: 'answer 429 beyond this (default: no limit)' },
  { flags: '--retry-after <form>', description: 'how a 429 tells the wait', choices: retryAfters, fallback: 'seconds' },
  { flags: '--latency <ms>', description: 'milliseconds before each answer', fallback: '0' },
  { flags: '--pointers <form>', description: 'how a refusal points at rows', choices: pointers, fallback: 'jsonapi' },
  {
    flags: '--unknown-keys <what>',
    description: 'what becomes of unknown keys',
    choices: unknownKeys,
    fallback: 'refuse',
  },
  { flags: '--allow-missing-email', description: 'accept people without an e-mail' },
];

export const simulatorCommand: Command = {
  name: 'simulator',
  summary: 'A Research Hub of your own, in memory, to try things out against',
  args: [],
  options,
  onStop: 'Stopping the simulator.',
  run,
};
