import { distance } from 'fastest-levenshtein';

/** `; did you mean ...?` with the known word that is nearest, or nothing when none is near. Case does not count. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = known
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.ceil(candidate.length / 3))
    .toSorted((a, b) => a.edits - b.edits);
  return near[0] === undefined ? '' : `; did you mean \`${near[0].candidate}\`?`;
}
