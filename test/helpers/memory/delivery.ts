import { BatchSender } from '../../../src/sync/deliver/batch-sender.ts';
import type { DeliveryResult, SenderOptions } from '../../../src/sync/deliver/batch-sender.ts';
import type { Fragment } from '../../../src/sync/deliver/batches.ts';
import { openFence } from '../../../src/core/ports/fence.ts';
import type { Log } from '../../../src/core/ports/log.ts';
import type { ShutdownSignals } from '../../../src/core/ports/shutdown-signals.ts';
import { batchesOf } from '../../../src/sync/deliver/batches.ts';
import type { OutboxRow } from '../../../src/core/ports/run/ledger.ts';
import { MemoryLedger } from './ledger.ts';
import { MemoryHub, seqOf } from './hub.ts';
import type { MemoryHubOptions } from './hub.ts';
import { silentLog } from '../postgres/postgres.ts';
import { newShutdownSignals } from '../hub/scripted-hub.ts';

export interface TestDeliveryOptions {
  readonly rows: readonly OutboxRow[];
  readonly hub?: Partial<MemoryHubOptions>;
  readonly batchSize?: number;
  readonly input?: Partial<
    Pick<SenderOptions, 'maxUnknownOutcomes' | 'contractVerified'> & {
      readonly concurrency: number;
      readonly maxSplitRequests: number;
      readonly shutdown: ShutdownSignals;
      readonly log: Log;
    }
  >;
}

/** A delivery from a ledger in memory to a Hub in memory, ready to be looked at and to be started. */
export class TestDelivery {
  readonly ledger: MemoryLedger;
  readonly hub: MemoryHub;
  readonly stop = newShutdownSignals();
  /** Rows told to be settled so far. */
  settled = 0;
  readonly #options: TestDeliveryOptions;

  constructor(options: TestDeliveryOptions) {
    this.#options = options;
    this.ledger = new MemoryLedger(options.rows);
    this.hub = new MemoryHub(options.hub);
  }

  /** What most tests ask of the end. */
  async run(): Promise<Pick<DeliveryResult, 'error' | 'complete' | 'deferred'>> {
    const { error, complete, deferred } = await this.runToCompletion();
    return { error, complete, deferred };
  }

  async runToCompletion(): Promise<DeliveryResult> {
    const { batchSize = 100, input } = this.#options;
    const { ledger } = this;
    const fragments = async function* (): AsyncGenerator<Fragment> {
      for await (const rows of batchesOf(ledger, batchSize, Number.POSITIVE_INFINITY)) yield { rows, parent: null };
    };
    const { concurrency = 1, maxSplitRequests = 100_000, shutdown = this.stop, log = silentLog } = input ?? {};
    const { maxUnknownOutcomes = null, contractVerified = true } = input ?? {};
    const delivery = { concurrency, maxSplitRequests };
    const sender = new BatchSender(
      { destination: this.hub, fence: openFence, shutdown, log, delivery },
      { ledger, contractVerified, maxUnknownOutcomes, onSettled: (rows) => (this.settled += rows) },
    );
    return sender.send(fragments());
  }

  /** Sequence numbers of the rows that the Hub stored, in rising order, as often as it did. */
  storedSeqs(): readonly number[] {
    return this.hub.stored.map(seqOf).toSorted((a, b) => a - b);
  }

  /** The same of the rows that the ledger has on record as accepted. */
  acceptedSeqs(): readonly number[] {
    return this.ledger.accepted.toSorted((a, b) => a - b);
  }
}
