import type { IncomingHttpHeaders } from 'node:http';
import type { Faults } from './faults/faults.ts';
import type { Ledger } from './request-log.ts';
import type { Limit } from './api/rate-limit.ts';
import type { SimulatorOptions } from './options.ts';
import type { Panel } from './panel/panel.ts';
import type { Rules } from './panel/row-rules.ts';

/** All that the simulated Hub knows. */
export interface Hub {
  options: SimulatorOptions;
  /** Made from `options`. */
  rules: Rules;
  /** Made from `options`; `null`: no limit. */
  limit: Limit | null;
  readonly panel: Panel;
  readonly ledger: Ledger;
  readonly faults: Faults;
}

/** A request that has arrived whole. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** `null`: larger than the limit, and thrown away. */
  readonly body: Buffer | null;
}
