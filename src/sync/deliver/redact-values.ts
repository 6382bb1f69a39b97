import { flattenFields, parsePayload } from '../../core/model/participant.ts';
import type { SendResult, Destination, BatchOutcome } from '../../core/ports/destination.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { redactedValue } from '../../core/model/payload-codec.ts';

/** Shorter values are parts of too many words, and say too little about anybody. */
const minRedactedLength = 2;

/** A destination whose words hold none of the values that were sent, fit for a state that keeps no values. */
export function redactValues(destination: Destination): Destination {
  return {
    ...destination,
    send: async (payloads, shutdown, onUnknownOutcome) => {
      const result = await destination.send(payloads, shutdown, onUnknownOutcome);
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

/** Every value goes where it stands by itself, in any case of its letters; longer ones before their own parts. */
function redactText(text: string, payloads: readonly string[]): string {
  const values = new Set(payloads.flatMap(valuesOf));
  if (values.size === 0) return text;
  const pattern = [...values]
    .toSorted((a, b) => b.length - a.length)
    .map((value) => value.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('|');
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])(?:${pattern})(?![\\p{L}\\p{N}])`, 'giu'), redactedValue);
}

function valuesOf(text: string): readonly string[] {
  const values = [...flattenFields(parsePayload(text)).values()];
  return values.flatMap((value) =>
    (typeof value === 'string' || typeof value === 'number') && String(value).length >= minRedactedLength
      ? [String(value)]
      : [],
  );
}
