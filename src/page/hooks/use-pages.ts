import { useEffect, useState } from 'preact/hooks';
import { apiPath } from '../api/client.ts';
import type { Page } from '../api/documents.ts';
import { useResource } from './use-resource.ts';
import type { Resource } from './use-resource.ts';

export interface Pages<Item> extends Resource<Page<Item>> {
  /** Counts from 0. */
  readonly index: number;
  readonly limit: number;
  /** `null` where there is no such page. */
  readonly next: (() => void) | null;
  readonly previous: (() => void) | null;
}

export const pageLimit = 50;

/** A list of the API, page by page; other parameters start at its first page. */
export function usePages<Item>(
  path: string | null,
  parameters: Readonly<Record<string, string | null>>,
  version: string | number | null = 0,
): Pages<Item> {
  const [trail, setTrail] = useState<{ readonly list: string; readonly cursors: readonly string[] }>({
    list: '',
    cursors: [],
  });
  const list = path === null ? '' : apiPath(path, parameters);
  const cursors = trail.list === list ? trail.cursors : [];
  const cursor = cursors.at(-1) ?? null;
  const address = path === null ? null : apiPath(path, { ...parameters, limit: pageLimit, cursor });
  const resource = useResource<Page<Item>>(address, version);
  // The page before stays in view until the next one is here.
  const [shown, setShown] = useState<{ readonly list: string; readonly page: Page<Item> } | null>(null);
  useEffect(() => {
    if (resource.data !== null) setShown({ list: path ?? '', page: resource.data });
  }, [resource.data]);
  const data = resource.data ?? (shown?.list === path ? shown.page : null);
  const nextCursor = resource.data?.nextCursor ?? null;
  return {
    ...resource,
    data,
    index: cursors.length,
    limit: pageLimit,
    next: nextCursor === null ? null : () => setTrail({ list, cursors: [...cursors, nextCursor] }),
    previous: cursors.length === 0 ? null : () => setTrail({ list, cursors: cursors.slice(0, -1) }),
  };
}
