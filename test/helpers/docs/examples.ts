import { readdir, readFile } from 'node:fs/promises';

/** A fenced block of a page. */
export interface Example {
  /** Page, heading above, language; a number where there are several: `docs/running.md#cron crontab`. */
  readonly id: string;
  readonly language: string;
  readonly text: string;
}

export async function documentationPages(): Promise<readonly string[]> {
  const docs = (await readdir('docs')).filter((name) => name.endsWith('.md')).toSorted();
  return ['README.md', ...docs.map((name) => `docs/${name}`)];
}

export async function allExamples(): Promise<readonly Example[]> {
  const pages = await Promise.all((await documentationPages()).map(examplesIn));
  return pages.flat();
}

/** The example with this id, as it stands in its page. */
export async function example(id: string): Promise<string> {
  const [page = ''] = id.split('#');
  const found = (await examplesIn(page)).find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`${page} has no example "${id}"`);
  return found.text;
}

/** The texts between backticks of a page, outside of fenced blocks. */
export function inlineCode(markdown: string): readonly string[] {
  const prose = markdown.replaceAll(/^```.*?^```$/gms, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

async function examplesIn(page: string): Promise<readonly Example[]> {
  const markdown = await readFile(page, 'utf8');
  const counts = new Map<string, number>();
  let heading = '';
  return [...markdown.matchAll(/^#+ ([^\n]+)$|^```(\w*)\n(.*?)^```$/gms)].flatMap(([, title, language, text]) => {
    if (title !== undefined)
      heading = title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-');
    if (language === undefined || text === undefined) return [];
    const name = `${page}#${heading} ${language === '' ? 'text' : language}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return [{ id: count === 1 ? name : `${name} ${count}`, language, text }];
  });
}
