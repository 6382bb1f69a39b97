import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { formatNumber } from '../../lib/format.ts';

export interface Tab {
  readonly id: string;
  readonly title: string;
  /** Rows behind it, where that says something. */
  readonly count?: number;
}

interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly selected: string;
  readonly onSelect: (id: string) => void;
  readonly children: ComponentChildren;
}

/** Tabs as keyboards know them: arrows move between them, one stop of the tab key is enough. */
export function Tabs({ label, tabs, selected, onSelect, children }: TabsProps) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent): void => {
    const target = neighbor(tabs, selected, event.key);
    if (target === null) return;
    event.preventDefault();
    onSelect(target);
    list.current?.querySelector<HTMLButtonElement>(`#tab-${target}`)?.focus();
  };
  return (
    <>
      <div ref={list} class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map(({ id, title, count }) => (
          <button
            key={id}
            id={`tab-${id}`}
            type="button"
            role="tab"
            class="tab"
            aria-selected={id === selected}
            aria-controls="tab-panel"
            tabIndex={id === selected ? 0 : -1}
            onClick={() => onSelect(id)}
          >
            {title}
            {count === undefined ? null : <span class="tab-count number">{formatNumber(count)}</span>}
          </button>
        ))}
      </div>
      <div id="tab-panel" class="tab-panel" role="tabpanel" aria-labelledby={`tab-${selected}`}>
        {children}
      </div>
    </>
  );
}

function neighbor(tabs: readonly Tab[], selected: string, key: string): string | null {
  const at = tabs.findIndex(({ id }) => id === selected);
  switch (key) {
    case 'ArrowRight':
      return tabs[(at + 1) % tabs.length]?.id ?? null;
    case 'ArrowLeft':
      return tabs.at(at - 1)?.id ?? null;
    case 'Home':
      return tabs[0]?.id ?? null;
    case 'End':
      return tabs.at(-1)?.id ?? null;
    default:
      return null;
  }
}
