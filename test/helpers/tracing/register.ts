/** Imported by a process before it runs: an SDK as people bring it, whose spans go to the file that TRACE_FILE names. */

import { appendFileSync } from 'node:fs';
import { context, trace } from '@opentelemetry/api';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { AsyncContextManager } from './spans.ts';

const file = process.env['TRACE_FILE'] ?? '';

const exporter: SpanExporter = {
  export: (spans: ReadableSpan[], done) => {
    for (const { name, parentSpanContext, attributes } of spans)
      appendFileSync(file, `${JSON.stringify({ name, parent: parentSpanContext?.spanId ?? null, attributes })}\n`);
    done({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
};

// Later than any test ends: what is exported is what the command hands over at its end.
const processor = new BatchSpanProcessor(exporter, { scheduledDelayMillis: 600_000 });
context.setGlobalContextManager(new AsyncContextManager());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));
