/** Line icons on a grid of 16, drawn in the colour of the text beside them. */
const shapes = {
  check: 'M3 8.5 6.5 12 13 4.5',
  warning: 'M8 2 14.5 13.5H1.5ZM8 6.5v3M8 11.6v.1',
  cross: 'M4 4l8 8M12 4l-8 8',
  hand: 'M5.2 1.8h5.6l3.4 3.4v5.6l-3.4 3.4H5.2L1.8 10.8V5.2ZM5.5 8h5',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  clock: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM8 4.8V8l2.4 1.6',
  running: 'M13.8 8A5.8 5.8 0 1 1 8 2.2',
  circle: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11Z',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6Z',
  play: 'M5 3.2v9.6L12.5 8Z',
  left: 'M10 3 5 8l5 5',
  right: 'M6 3l5 5-5 5',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.4 10.4 14 14',
  download: 'M8 2v8M4.5 7 8 10.5 11.5 7M3 13.5h10',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z',
  system: 'M2 3h12v8H2ZM6 14h4M8 11v3',
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name, spins = false }: { readonly name: IconName; readonly spins?: boolean }) {
  return (
    <svg class={spins ? 'icon icon-spins' : 'icon'} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  );
}
