import { flatFields, readPayload } from '../../core/model/participant.ts';
import type { Delivery, Destination, Meaning } from '../../core/ports/ports.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { hiddenValue } from '../../core/model/payload-codec.ts';

/** Shorter values are parts of too many words, and say too little about anybody. */
const shortest = 2;

/** A destination whose words hold none of the values that were sent, fit for a state that keeps no values. */
export function withoutValues(destination: Destination): Destination {
  return {
    ...destination,
    send: async (payloads, stop, onDoubt) => {
      const delivery = await destination.send(payloads, stop, onDoubt);
      return { ...delivery, meaning: quietMeaning(delivery, payloads) };
    },
  };
}

function quietMeaning({ meaning }: Delivery, payloads: readonly string[]): Meaning {
  switch (meaning.kind) {
    case 'accepted':
    case 'rows_refused': {
      const refusals = meaning.refusals.map((refusal) => ({ ...refusal, message: quiet(refusal.message, payloads) }));
      return { ...meaning, refusals };
    }
    case 'batch_refused':
    case 'too_large':
      return { ...meaning, fault: { ...meaning.fault, message: quiet(meaning.fault.message, payloads) } };
    case 'not_sent':
    case 'unknown':
    case 'stop': {
      const { code, recovery, message, hint, cause } = meaning.error;
      const words = quiet(message, payloads);
      return { ...meaning, error: new PanelsyncError({ code, recovery, message: words, hint, cause }) };
    }
  }
}

/** Every value goes where it stands by itself, in any case of its letters; longer ones before their own parts. */
function quiet(words: string, payloads: readonly string[]): string {
  const values = new Set(payloads.flatMap(valuesOf));
  if (values.size === 0) return words;
  const any = [...values]
    .toSorted((a, b) => b.length - a.length)
    .map((value) => value.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('|');
  return words.replace(new RegExp(`(?<![\\p{L}\\p{N}])(?:${any})(?![\\p{L}\\p{N}])`, 'giu'), hiddenValue);
}

function valuesOf(text: string): readonly string[] {
  const values = [...flatFields(readPayload(text)).values()];
  return values.flatMap((value) =>
    (typeof value === 'string' || typeof value === 'number') && String(value).length >= shortest ? [String(value)] : [],
  );
}
