import { useTheme } from '../hooks/theme.ts';
import type { Theme } from '../hooks/theme.ts';
import { Icon } from '../parts/icon.tsx';
import type { IconName } from '../parts/icon.tsx';

const themes: Readonly<Record<Theme, { readonly next: Theme; readonly icon: IconName; readonly words: string }>> = {
  system: { next: 'light', icon: 'system', words: 'as the system' },
  light: { next: 'dark', icon: 'sun', words: 'light' },
  dark: { next: 'system', icon: 'moon', words: 'dark' },
};

export function ThemeSwitch() {
  const [theme, choose] = useTheme();
  const { next, icon, words } = themes[theme];
  const label = `Theme: ${words}. Switch to ${themes[next].words}`;
  return (
    <button type="button" class="button button-icon" aria-label={label} title={label} onClick={() => choose(next)}>
      <Icon name={icon} />
    </button>
  );
}
