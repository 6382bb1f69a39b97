import { useEffect, useState } from 'preact/hooks';

export type Theme = 'system' | 'light' | 'dark';

const storageKey = 'panelsync-theme';

/** The theme that was chosen in this browser, and how to choose another one. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    window.dispatchEvent(new Event(themeChanged));
  }, [theme]);
  const choose = (chosen: Theme): void => {
    setTheme(chosen);
    try {
      window.localStorage.setItem(storageKey, chosen);
    } catch {
      // Browsers may forbid storage; the choice then holds until the page is closed.
    }
  };
  return [theme, choose];
}

/** What canvases are drawn in changes with the theme: calls back when it does. */
export function onThemeChange(callback: () => void): () => void {
  const media = window.matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', callback);
  window.addEventListener(themeChanged, callback);
  return () => {
    media.removeEventListener('change', callback);
    window.removeEventListener(themeChanged, callback);
  };
}

const themeChanged = 'panelsync:theme';

function readTheme(): Theme {
  try {
    const stored = window.localStorage.getItem(storageKey);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}
