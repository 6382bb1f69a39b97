import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface PageTitleProps {
  readonly title: string;
  /** The view above this one. */
  readonly parent?: { readonly words: string; readonly address: string } | null;
  readonly children?: ComponentChildren;
}

/** The heading of a view; it takes the focus when the view opens, so that keyboards and screen readers start there. */
export function PageTitle({ title, parent = null, children }: PageTitleProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = title === 'Syncs' ? 'panelsync' : `${title} – panelsync`;
  }, [title]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div class="page-title">
      {parent === null ? null : (
        <nav class="crumbs" aria-label="Breadcrumb">
          <a href={parent.address}>{parent.words}</a>
        </nav>
      )}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  );
}
