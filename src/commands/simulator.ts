import { once } from 'node:events';
import type { ShutdownSignals } from '../core/ports/shutdown-signals.ts';
import { defaultOptions } from '../simulator/options.ts';
import type { SimulatorOptions } from '../simulator/options.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { printResult, exitCodes } from './command.ts';
import type { Command, CommandContext, CommandOption, CommandInput } from './command.ts';
import { booleanOption, choiceOption, stringOption, usageError, integerOption } from './shared/options.ts';
import { formatNumber, formatPeople, pluralize } from '../lib/format.ts';

const defaultPort = 8788;
const auths = ['apikey-header', 'bearer'] as const;
const envelopes = ['participants', 'jsonapi', 'array'] as const;
const fieldCases = ['snake', 'camel'] as const;
const characteristicsForms = ['nested', 'flat', 'list'] as const;
const pointers = ['jsonapi', 'participants', 'array', 'short', 'none'] as const;
const unknownKeys = ['refuse', 'drop'] as const;
const retryAfters = ['seconds', 'date', 'none'] as const;

/** Serves until shutdown; calls `onReady` once it listens. */
export async function serveUntilShutdown(
  options: Partial<SimulatorOptions>,
  { drain }: ShutdownSignals,
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

function simulatorOptions(input: CommandInput): SimulatorOptions {
  const defaults = defaultOptions;
  const port = integerOption(input, 'port', 0) ?? defaultPort;
  if (port > 65_535) throw usageError(`--port takes 0 to 65535, not ${port}.`, 'Use 0 for any free port.');
  const wire = {
    auth: choiceOption(input, 'auth', auths) ?? defaults.wire.auth,
    envelope: choiceOption(input, 'envelope', envelopes) ?? defaults.wire.envelope,
    fieldCase: choiceOption(input, 'field-case', fieldCases) ?? defaults.wire.fieldCase,
    characteristics: choiceOption(input, 'characteristics', characteristicsForms) ?? defaults.wire.characteristics,
  };
  return {
    ...defaults,
    wire,
    port,
    host: stringOption(input, 'host') ?? defaults.host,
    apiKey: stringOption(input, 'key') ?? defaults.apiKey,
    requestsPerMinute: integerOption(input, 'requests-per-minute', 1),
    retryAfterFormat: choiceOption(input, 'retry-after', retryAfters) ?? defaults.retryAfterFormat,
    latencyMs: integerOption(input, 'latency', 0) ?? defaults.latencyMs,
    pointerFormat: choiceOption(input, 'pointers', pointers) ?? defaults.pointerFormat,
    unknownKeys: choiceOption(input, 'unknown-keys', unknownKeys) ?? defaults.unknownKeys,
    allowMissingEmail: booleanOption(input, 'allowMissingEmail'),
    listTotals: booleanOption(input, 'listTotals'),
  };
}

function readyText({ url }: Simulator, { apiKey, wire }: SimulatorOptions): string {
  const controlUrl = url.replace(/\/api$/, '/simulator');
  return `The Research Hub simulator listens on ${url}. Press Ctrl-C to stop it; it keeps nothing.

Use it in panelsync.yaml:

destination:
  apiKey: ${JSON.stringify(apiKey)}
  baseUrl: ${url}
  wire: { auth: ${wire.auth}, envelope: ${wire.envelope}, fieldCase: ${wire.fieldCase}, characteristics: ${wire.characteristics} }

List its participants and its counters:
  curl ${controlUrl}/people
  curl ${controlUrl}/stats
Edit and delete a participant, as researchers do:
  curl -d '{"email": "ada@example.com", "city": "Oslo"}' ${controlUrl}/people
  curl -X DELETE '${controlUrl}/people?email=ada@example.com'
Make the next two batches fail; reset everything:
  curl -d '{"kind": "status", "status": 503, "times": 2}' ${controlUrl}/faults
  curl -X POST ${controlUrl}/reset
`;
}

function countersDocument({ url, people, counters }: Simulator): object {
  const { requests, byStatus, cut, batchesApplied, rowsApplied, created, updated, repeated } = counters;
  const counts = { requests, byStatus: Object.fromEntries(byStatus), cut, batchesApplied, rowsApplied };
  return { url, people: people.size, ...counts, created, updated, repeated };
}

function countersText({ people, counters }: Simulator): string {
  const { requests, byStatus, batchesApplied, created, updated } = counters;
  const statuses = [...byStatus].map(([status, count]) => `${status}: ${formatNumber(count)}`).join(', ');
  return [
    `${formatPeople(people.size)}: ${formatNumber(created)} created, ${formatNumber(updated)} updated in ${pluralize(batchesApplied, 'batch', 'batches')}`,
    `${pluralize(requests, 'request')}${statuses === '' ? '' : ` (${statuses})`}`,
  ].join('\n');
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const options = simulatorOptions(input);
  const { json, terminal } = context;
  const onReady = (simulator: Simulator): void => {
    // The one document of --json is that of the counters, at the end.
    if (json) terminal.printNotice(readyText(simulator, options));
    else terminal.print(readyText(simulator, options));
  };
  const simulator = await serveUntilShutdown(options, context.shutdown, onReady);
  printResult(context, countersDocument(simulator), () => countersText(simulator));
  return exitCodes.ok;
}

const options: readonly CommandOption[] = [
  { flags: '--port <n>', description: 'port to listen on; 0 for any free port', defaultValue: String(defaultPort) },
  { flags: '--host <host>', description: 'address to listen on', defaultValue: defaultOptions.host },
  { flags: '--key <key>', description: 'API key that it accepts', defaultValue: defaultOptions.apiKey },
  { flags: '--auth <form>', description: 'header that carries the key', choices: auths, defaultValue: 'apikey-header' },
  {
    flags: '--envelope <form>',
    description: 'form of a batch',
    choices: envelopes,
    defaultValue: 'participants',
  },
  { flags: '--field-case <case>', description: 'case of field names', choices: fieldCases, defaultValue: 'snake' },
  {
    flags: '--characteristics <form>',
    description: 'where characteristics go',
    choices: characteristicsForms,
    defaultValue: 'nested',
  },
  { flags: '--requests-per-minute <n>', description: 'answer 429 above this rate (default: no limit)' },
  {
    flags: '--retry-after <form>',
    description: 'form of Retry-After in a 429',
    choices: retryAfters,
    defaultValue: 'seconds',
  },
  { flags: '--latency <ms>', description: 'delay of each response in milliseconds', defaultValue: '0' },
  {
    flags: '--pointers <form>',
    description: 'how a rejection points at rows',
    choices: pointers,
    defaultValue: 'jsonapi',
  },
  {
    flags: '--unknown-keys <what>',
    description: 'what to do with unknown keys',
    choices: unknownKeys,
    defaultValue: 'refuse',
  },
  { flags: '--allow-missing-email', description: 'accept participants without an e-mail' },
  { flags: '--list-totals', description: 'say in lists how many entries there are' },
];

export const simulatorCommand: Command = {
  name: 'simulator',
  summary: 'Serves a simulated Research Hub, in memory, for trying things out',
  args: [],
  options,
  shutdownMessage: 'Stopping the simulator.',
  run,
};
