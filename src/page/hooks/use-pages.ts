import { useEffect, useState } from 'preact/hooks';
import { apiPath } from '../api/client.ts';
import type { Page } from '../api/documents.ts';
import { useResource } from './use-resource.ts';
import type { Resource } from './use-resource.ts';

export interface Pages<Item> extends Resource<Page<Item>> {
  /** How many rows come before this page. */
  readonly offset: number;
  /** `null` where there is no such page. */
  readonly next: (() => void) | null;
  readonly previous: (() => void) | null;
}

interface PagesOptions<Item> {
  readonly path: string;
  readonly parameters: Readonly<Record<string, string | null>>;
  readonly version?: string | number | null;
  readonly read?: (path: string, signal: AbortSignal) => Promise<Page<Item>>;
}

const pageLimit = 50;

/** A list of the API, page by page; with other parameters it starts at its first page. */
export function usePages<Item>({ path, parameters, version = 0, read }: PagesOptions<Item>): Pages<Item> {
  const [trail, setTrail] = useState<{ readonly list: string; readonly cursors: readonly string[] }>({
    list: '',
    cursors: [],
  });
  const list = apiPath(path, parameters);
  const cursors = trail.list === list ? trail.cursors : [];
  const address = apiPath(path, { ...parameters, limit: pageLimit, cursor: cursors.at(-1) ?? null });
  const resource = useResource<Page<Item>>(address, version, read);
  // The page before stays in view until the next one is here.
  const [shown, setShown] = useState<{ readonly path: string; readonly page: Page<Item> } | null>(null);
  useEffect(() => {
    if (resource.data !== null) setShown({ path, page: resource.data });
  }, [path, resource.data]);
  const nextCursor = resource.data?.nextCursor ?? null;
  return {
    ...resource,
    data: resource.data ?? (shown?.path === path ? shown.page : null),
    offset: cursors.length * pageLimit,
    next: nextCursor === null ? null : () => setTrail({ list, cursors: [...cursors, nextCursor] }),
    previous: cursors.length === 0 ? null : () => setTrail({ list, cursors: cursors.slice(0, -1) }),
  };
}
