import type { PanelsyncError } from '../../core/errors.ts';
import type { HubCharacteristic, ParticipantPage } from '../../core/model/hub-person.ts';
import type { Meaning } from '../../core/ports/ports.ts';
import { answerOf, droppedBy, lastMeaning } from '../http/connection.ts';
import type { Connection } from '../http/connection.ts';
import { notList, refused } from '../hub-errors.ts';
import { characteristicsIn, participantsIn, readList } from './list-page.ts';
import type { List } from './list-page.ts';
import type { Answer, Asked } from '../response.ts';
import { characteristicsPath, participantsPath } from '../wire.ts';

/** The most that the Hub gives on a page. */
const pageSize = 200;

/** Two hundred people with many long characteristics; still little enough to be held in memory. */
const longestPageBytes = 32 * 1024 * 1024;

/** More pages than that of custom fields no account has; a Hub that gives more does not count its pages. */
const mostDefinitionPages = 100;

/** The Hub has no such list, or not for this key: nothing to be put right in a request. */
const unavailableStatuses: ReadonlySet<number> = new Set([403, 404, 405, 406, 410]);

interface Question {
  readonly path: string;
  readonly size: number;
  readonly page: number;
  readonly maxAttempts: number;
}

/** Reads one page of one: says for people what it found. */
export async function check(signal: AbortSignal, connection: Connection): Promise<string> {
  const maxAttempts = Math.min(2, connection.settings.maxAttempts);
  const { total } = await ask({ path: participantsPath, size: 1, page: 1, maxAttempts }, signal, connection);
  const holds = total === null ? '' : `; ${total.toLocaleString('en-US')} participants`;
  return `${connection.address} answers; the key is accepted${holds}`;
}

/** One page of the Hub's people, numbered from 1. */
export async function participants(
  page: number,
  signal: AbortSignal,
  connection: Connection,
): Promise<ParticipantPage> {
  const { maxAttempts } = connection.settings;
  return participantsIn(await ask({ path: participantsPath, size: pageSize, page, maxAttempts }, signal, connection));
}

/** All custom fields that the Hub knows; `null` where it does not tell. */
export async function characteristics(
  signal: AbortSignal,
  connection: Connection,
): Promise<readonly HubCharacteristic[] | null> {
  const { maxAttempts } = connection.settings;
  const found = new Map<string, HubCharacteristic>();
  for (let page = 1; page <= mostDefinitionPages; page += 1) {
    const list = await answerTo({ path: characteristicsPath, size: pageSize, page, maxAttempts }, signal, connection);
    if ('error' in list) {
      if (unavailableStatuses.has(list.status)) return null;
      throw list.error;
    }
    const known = found.size;
    for (const one of characteristicsIn(list)) found.set(one.slug, one);
    if (list.last || found.size === known) break;
  }
  return [...found.values()];
}

interface NoAnswer {
  readonly error: PanelsyncError;
  readonly status: number;
}

async function ask(question: Question, signal: AbortSignal, connection: Connection): Promise<List> {
  const list = await answerTo(question, signal, connection);
  if ('error' in list) throw list.error;
  return list;
}

async function answerTo(
  { path, size, page, maxAttempts }: Question,
  signal: AbortSignal,
  connection: Connection,
): Promise<List | NoAnswer> {
  await connection.pacer.take(signal);
  const query = `${path}?page[size]=${size}&page[number]=${page}`;
  const request = {
    method: 'GET',
    path: query,
    body: null,
    maxAttempts,
    repeatable: true,
    longestAnswerBytes: longestPageBytes,
  } as const;
  const exchange = await connection.http.exchange(request, droppedBy(signal));
  const asked = { label: `GET ${connection.address}${path}`, rows: 1 };
  const meaning = lastMeaning(exchange, asked, connection);
  const answer = answerOf(exchange) ?? noAnswer;
  if (meaning.kind !== 'accepted') return { error: errorIn(meaning, asked, answer.status), status: answer.status };
  const list = readList(answer.body, page);
  return list ?? { error: notList(asked.label, answer.status), status: answer.status };
}

const noAnswer: Answer = { status: 0, headers: {}, body: '' };

/** A question has no rows that could be refused: whatever is not an error yet becomes one. */
function errorIn(meaning: Exclude<Meaning, { kind: 'accepted' }>, asked: Asked, status: number): PanelsyncError {
  if ('error' in meaning) return meaning.error;
  const fault = 'fault' in meaning ? meaning.fault : meaning.refusals[0];
  return refused(asked.label, status, fault?.message ?? null);
}
