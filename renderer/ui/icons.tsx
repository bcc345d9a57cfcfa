const PATHS = {
  queue: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  bulk: 'M2.5 3.5h3v3h-3zM2.5 9.5h3v3h-3zM8 5h5.5M8 11h5.5',
  escalated: 'M3.5 14V2.5h9l-2 3 2 3h-9',
  person: 'M8 2.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5M3 13.5c0-2.8 2.2-4.5 5-4.5s5 1.7 5 4.5',
  twice: 'M1.5 8.5 4.5 12 10 4.5M7.5 11.5l.5.5 6-7.5',
  undo: 'M6 3 3 6l3 3M3 6h6.5a3.5 3.5 0 0 1 0 7H7',
  settings: 'M2 5h7M13 5h1M2 11h1M7 11h7M9 3.2v3.6h4V3.2zM3 9.2v3.6h4V9.2z',
  keys: 'M1.5 4h13v8h-13zM4 7h.01M6.7 7h.01M9.3 7h.01M12 7h.01M5 9.6h6',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3l3.4 3.4',
  down: 'M4.5 6.5 8 10l3.5-3.5',
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  up: 'M8 13V3.5M4 7.2 8 3.2l4 4',
  plus: 'M8 3.5v9M3.5 8h9',
  minus: 'M3.5 8h9',
  fit: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2 1.3',
  differ: 'M3 6h10M3 10h10M10.5 3l-5 10',
  settled: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M5.4 8.2l1.8 1.8 3.4-3.8',
  sync: 'M13 6.2A5.3 5.3 0 0 0 3.6 5M3 9.8A5.3 5.3 0 0 0 12.4 11M3.2 2.4v2.9h2.9M12.8 13.6v-2.9H9.9',
  order: 'M4.5 3v10M2 10.5 4.5 13 7 10.5M9 4h5M9 8h4M9 12h2.5',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
