import { AsyncLocalStorage } from 'node:async_hooks';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { Context, ContextManager } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** What the context manager of an SDK for Node does. */
export class AsyncContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  with<Args extends unknown[], Result>(
    active: Context,
    work: (...args: Args) => Result,
    thisArg?: ThisParameterType<typeof work>,
    ...args: Args
  ): Result {
    return this.#storage.run(active, () => work.call(thisArg, ...args));
  }

  bind<T>(_active: Context, target: T): T {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}

/** The spans of this process, while it is open. */
export class SpanRecorder {
  readonly #exporter = new InMemorySpanExporter();
  readonly #provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.#exporter)] });

  constructor() {
    context.setGlobalContextManager(new AsyncContextManager());
    trace.setGlobalTracerProvider(this.#provider);
  }

  /** Those that have ended, in this order. */
  get spans(): readonly ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }

  /** Each with the one that it belongs to: `panelsync.run › panelsync.read`. */
  get tree(): readonly string[] {
    const names = new Map(this.spans.map((span) => [span.spanContext().spanId, span.name]));
    return this.spans.map(({ name, parentSpanContext: parent }) =>
      parent === undefined ? name : `${names.get(parent.spanId) ?? parent.spanId} › ${name}`,
    );
  }

  reset(): void {
    this.#exporter.reset();
  }

  async close(): Promise<void> {
    trace.disable();
    context.disable();
    await this.#provider.shutdown();
  }
}
