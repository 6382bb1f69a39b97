import type { ComponentChildren } from 'preact';
import type { RunError } from '../../core/model/terms.ts';
import type { ApiError } from '../api/client.ts';
import { Icon } from './icon.tsx';

/** What went wrong and what to do; `retry` where trying again is up to the reader. */
export function ErrorNotice({
  error,
  retry,
}: {
  readonly error: ApiError | RunError;
  readonly retry?: (() => void) | undefined;
}) {
  return (
    <div class="notice tone-bad" role="alert">
      <Icon name="cross" />
      <div>
        <p class="notice-title">{error.message}</p>
        <p>{error.hint}</p>
        {retry === undefined ? null : (
          <button type="button" class="button" onClick={retry}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}

/** An empty list, with why that is so or what to do. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children === undefined ? null : <p>{children}</p>}
    </div>
  );
}

/** Keeps the place of what is being read; `lines` of text high. */
export function Skeleton({ lines, label }: { readonly lines: number; readonly label: string }) {
  return (
    <div class="skeleton" role="status">
      <span class="hidden">{label}</span>
      {Array.from({ length: lines }, (_, at) => (
        <span key={at} class="skeleton-line" />
      ))}
    </div>
  );
}
