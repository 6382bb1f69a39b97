import { context, isSpanContextValid, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { withTimeout } from '../lib/async/with-timeout.ts';
import { version } from '../lib/version.ts';
import { toPanelsyncError } from './errors.ts';

/**
 * Spans for whoever brings an OpenTelemetry SDK (`node --import`); without one they are nothing. They name syncs and
 * runs, count rows, and say nothing of anybody.
 */

/** Names get the prefix `panelsync.`. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface Span {
  set(attributes: SpanAttributes): void;
  /** What the span stands for has failed, although its work returns. */
  fail(code: string): void;
}

/** Passes on to whichever SDK is registered, now or later. */
const tracer = trace.getTracer('panelsync', version());

/** How long the end of a command may take to hand over its last spans. */
const flushTimeoutMs = 5000;

/** Does work as a span, which ends with it: however the work ends, short of the end of the process. */
export function withSpan<T>(name: string, attributes: SpanAttributes, work: (span: Span) => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(`panelsync.${name}`, { attributes: prefixed(attributes) }, async (span) => {
    const fail = (code: string): void => void span.setStatus({ code: SpanStatusCode.ERROR, message: code });
    try {
      return await work({ set: (more) => void span.setAttributes(prefixed(more)), fail });
    } catch (error) {
      fail(toPanelsyncError(error).code);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Version, trace id, span id and flags, as W3C Trace Context defines them. */
const traceparentPattern = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:$|-(?<!^00.*))/;

/**
 * Does work whose spans belong to the trace of the caller. A `traceparent` that is none is ignored, as the standard asks
 * for, and so is any where the SDK has found the caller itself.
 */
export function withTraceparent<T>(traceparent: string | undefined, work: () => T): T {
  if (trace.getSpan(context.active()) !== undefined) return work();
  const [, traceId = '', spanId = '', flags = ''] = traceparentPattern.exec(traceparent?.trim() ?? '') ?? [];
  const caller = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(caller) ? context.with(trace.setSpanContext(ROOT_CONTEXT, caller), work) : work();
}

/** Lets the SDK hand over what it has collected: the process ends without waiting for it. */
export async function flushSpans(): Promise<void> {
  const provider: unknown = trace.getTracerProvider();
  const delegate = hasDelegate(provider) ? provider.getDelegate() : provider;
  if (!canFlush(delegate)) return;
  await withTimeout(
    delegate.forceFlush().catch(() => undefined),
    flushTimeoutMs,
    () => undefined,
  );
}

/** What SDKs have beside what the API asks for. */
interface Flushable {
  forceFlush(): Promise<void>;
}

function hasDelegate(provider: unknown): provider is { getDelegate(): unknown } {
  return typeof provider === 'object' && provider !== null && 'getDelegate' in provider;
}

function canFlush(provider: unknown): provider is Flushable {
  return typeof provider === 'object' && provider !== null && 'forceFlush' in provider;
}

function prefixed(attributes: SpanAttributes): SpanAttributes {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`panelsync.${name}`, value]));
}
