/**
 * Replaces these words wherever they stand by themselves, in any case of their letters; longer ones before their own
 * parts, so that a whole name goes before one of its words.
 */
export function redactWords(text: string, words: readonly string[], replacement: string): string {
  if (words.length === 0) return text;
  const longestFirst = [...new Set(words)].toSorted((a, b) => b.length - a.length);
  const pattern = longestFirst.map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])(?:${pattern})(?![\\p{L}\\p{N}])`, 'giu'), replacement);
}
