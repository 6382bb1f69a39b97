import { PanelsyncError } from '../../core/errors.ts';
import type { ParticipantPage } from '../../core/model/hub-person.ts';
import type { Destination } from '../../core/ports/destination.ts';
import { pageSize } from '../participant-pages.ts';

interface SampleOptions {
  /** How many people to look at, at least; rounded up to whole pages. */
  readonly minPeople: number;
  readonly signal: AbortSignal;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Pages of the Hub's list drawn at random: the list is all there is to look people up in. */
export async function* samplePages(destination: Destination, options: SampleOptions): AsyncGenerator<ParticipantPage> {
  const { minPeople, signal, random } = options;
  const first = await destination.participants(1, signal);
  if (first.last) {
    yield first;
    return;
  }
  if (first.total === null) throw noTotalError();
  const pages = Math.ceil(first.total / pageSize(first));
  const pagesToRead = Math.min(pages, Math.ceil(minPeople / pageSize(first)));
  for (const page of drawPages(pagesToRead, pages, random)) {
    yield page === 1 ? first : await destination.participants(page, signal);
  }
}

/** `count` of the numbers from 1 to `most`, each as likely as any other, in rising order. */
function drawPages(count: number, max: number, random: () => number): readonly number[] {
  const chosen = new Set<number>();
  // Floyd's way: no list of all numbers is needed, and none is drawn in vain.
  for (let upper = max - count + 1; upper <= max; upper += 1) {
    const pick = 1 + Math.floor(random() * upper);
    chosen.add(chosen.has(pick) ? upper : pick);
  }
  return [...chosen].toSorted((a, b) => a - b);
}

function noTotalError(): PanelsyncError {
  return new PanelsyncError({
    code: 'hub_no_total',
    recovery: 'fatal',
    message: 'The Hub does not say how many people it has, so no sample can be drawn from its list.',
    hint: 'Run verify without --sample.',
  });
}
