import type { Meaning, Stop } from '../../core/ports/ports.ts';
import type { DestinationSettings } from '../../core/settings.ts';
import type { Exchange, HttpClient } from './http.ts';
import { failureMeaning, unexpected } from '../hub-errors.ts';
import type { Pacer } from '../rate-limiter/rate-limiter.ts';
import { readAnswer } from '../response.ts';
import type { Answer, Asked } from '../response.ts';

/** What sending and asking share. */
export interface Connection {
  readonly settings: DestinationSettings;
  readonly http: HttpClient;
  readonly pacer: Pacer;
  /** The base address for messages, without anything secret it may hold. */
  readonly address: string;
}

/** What the last attempt of an exchange means. */
export function lastMeaning({ last, stopped }: Exchange, asked: Asked, connection: Connection): Meaning {
  if (stopped !== null) return { kind: 'not_sent', error: stopped };
  if (last === null) return { kind: 'not_sent', error: unexpected(null) };
  return last.kind === 'answered'
    ? readAnswer(withoutKey(last.answer, connection), asked)
    : failureMeaning(last.failure, asked.label, last.cause);
}

export function answerOf({ last }: Exchange): Answer | null {
  return last?.kind === 'answered' ? last.answer : null;
}

/** A question is dropped the moment a stop is asked for: nothing has to be settled. */
export function droppedBy(signal: AbortSignal): Stop {
  return { drain: signal, abort: signal };
}

/** Some servers repeat a key that they refuse; ours must not end up in a message. */
function withoutKey(answer: Answer, { settings }: Connection): Answer {
  if (answer.status < 300 || settings.apiKey === '') return answer;
  return { ...answer, body: answer.body.replaceAll(settings.apiKey, '***') };
}
