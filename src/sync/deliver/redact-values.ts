import { flattenFields, parsePayload } from '../../core/model/participant.ts';
import type { SendResult, Destination, BatchOutcome } from '../../core/ports/destination.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { redactWords } from '../../core/model/redaction/redact-words.ts';
import { redactedValue } from '../../core/model/payload-codec.ts';

/** Shorter values are parts of too many words, and say too little about anybody. */
const minRedactedLength = 2;

/** A destination whose messages contain none of the values that were sent, for a state that stores no values. */
export function redactValues(destination: Destination): Destination {
  return {
    fingerprint: destination.fingerprint,
    prepare: () => destination.prepare(),
    acquire: (signal) => destination.acquire(signal),
    check: (signal) => destination.check(signal),
    participants: (range, signal) => destination.participants(range, signal),
    characteristics: (signal) => destination.characteristics(signal),
    close: () => destination.close(),
    send: async (payloads, options) => {
      const result = await destination.send(payloads, options);
      return { ...result, outcome: redactOutcome(result, payloads) };
    },
  };
}

function redactOutcome({ outcome }: SendResult, payloads: readonly string[]): BatchOutcome {
  switch (outcome.kind) {
    case 'accepted':
    case 'rows_refused': {
      const refusals = outcome.refusals.map((refusal) => ({
        ...refusal,
        message: redactText(refusal.message, payloads),
      }));
      return { ...outcome, refusals };
    }
    case 'batch_refused':
    case 'too_large':
      return { ...outcome, reason: { ...outcome.reason, message: redactText(outcome.reason.message, payloads) } };
    case 'not_sent':
    case 'unknown':
    case 'stop': {
      const { code, recovery, message, hint, cause } = outcome.error;
      const redacted = redactText(message, payloads);
      return { ...outcome, error: new PanelsyncError({ code, recovery, message: redacted, hint, cause }) };
    }
  }
}

function redactText(text: string, payloads: readonly string[]): string {
  return redactWords(text, payloads.flatMap(valuesOf), redactedValue);
}

function valuesOf(text: string): readonly string[] {
  const values = [...flattenFields(parsePayload(text)).values()];
  return values.flatMap((value) =>
    (typeof value === 'string' || typeof value === 'number') && String(value).length >= minRedactedLength
      ? [String(value)]
      : [],
  );
}
