import type { IncomingHttpHeaders } from 'node:http';
import type { Faults } from './faults/faults.ts';
import type { RequestLog } from './request-log.ts';
import type { RateLimit } from './api/rate-limit.ts';
import type { SimulatorOptions } from './options.ts';
import type { Panel } from './panel/panel.ts';
import type { RowRules } from './panel/row-rules.ts';

/** The whole state of the simulated Hub. */
export interface SimulatedHub {
  options: SimulatorOptions;
  /** Made from `options`. */
  rules: RowRules;
  /** Made from `options`; `null`: no limit. */
  rateLimit: RateLimit | null;
  readonly panel: Panel;
  readonly requestLog: RequestLog;
  readonly faults: Faults;
}

/** A request that has arrived in full. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** `null`: larger than the limit, and discarded. */
  readonly body: Buffer | null;
}
