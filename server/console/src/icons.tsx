// Line icons, 20 by 20, drawn in the text's colour. They are decoration: the
// words stand beside them.
const PATHS = {
  alarm: 'M10 6.5v4M10 13.6v.1M8.6 3.4 2.4 14.3A1.6 1.6 0 0 0 3.8 16.7h12.4a1.6 1.6 0 0 0 1.4-2.4L11.4 3.4a1.6 1.6 0 0 0-2.8 0Z',
  clock: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6v4l2.6 1.6',
  verified: 'M10 2.5 4 4.8v4.4c0 3.8 2.5 6.6 6 8.3 3.5-1.7 6-4.5 6-8.3V4.8L10 2.5ZM7.3 9.9l2 2 3.5-3.8',
  web: 'M3 5.5h14v9H3zM3 8h14M5.2 6.8h.1',
  wechat: 'M8 3.5c-3.3 0-6 2.1-6 4.7 0 1.5.9 2.8 2.2 3.7l-.5 1.8 2.1-1c.7.2 1.400.3 2.200.3M18 11.700c0-2.200-2.200-4-5-4s-5 1.800-5 4 2.200 4 5 4c.6 0 1.200-.1 1.800-.3l1.700.9-.4-1.500c1.200-.7 1.900-1.800 1.900-3.100Z',
  terminal: 'M3 4.500h14v11H3zM6 8l2.200 2L6 12M10.500 12.200H14',
  sound: 'M3.500 8v4h2.700l3.800 3.200V4.800L6.200 8ZM12.800 7.300a3.800 3.800 0 0 1 0 5.400M15 5a7 7 0 0 1 0 10',
  silent: 'M3.500 8v4h2.700l3.800 3.200V4.800L6.200 8ZM13 8l4 4M17 8l-4 4',
  keyboard: 'M2.500 5.500h15v9h-15zM5.300 8.500h.1M8.400 8.500h.1M11.500 8.500h.1M14.600 8.500h.1M6.500 11.700h7',
  back: 'M12.500 4 6.500 10l6 6',
  down: 'M4.500 7.500 10 13l5.500-5.500',
  cross: 'M5 5l10 10M15 5 5 15',
  check: 'M4 10.500 8.200 14.700 16 6',
  ask: 'M7.300 7.600A2.700 2.700 0 0 1 10 5.300c1.600 0 2.800 1 2.800 2.400 0 2-2.800 2.100-2.800 4M10 14.600v.1',
  out: 'M8 3.500H4v13h4M12.500 6.500 16 10l-3.500 3.500M16 10H8',
  key: 'M12.600 11.600a4.100 4.100 0 1 0-3.900-2.900L3 14.400V17h2.700v-1.900h1.900v-1.900h1.500l1.200-1.200a4 4 0 0 0 2.300-.4ZM13.500 6.500h.1',
  eye: 'M2 10s2.900-5 8-5 8 5 8 5-2.900 5-8 5-8-5-8-5ZM10 12.300a2.300 2.300 0 1 0 0-4.600 2.300 2.300 0 0 0 0 4.600Z',
  send: 'M3 10 17 3.500 13 16.800l-3.300-5.200ZM9.700 11.600 17 3.500',
  take: 'M10 10.200a3.300 3.300 0 1 0 0-6.600 3.300 3.300 0 0 0 0 6.600ZM3.500 17c.5-3 3.200-4.700 6.500-4.700s6 1.700 6.500 4.700',
  bot: 'M4 8h12v8H4zM10 8V4.500M10 4.500h.1M7.500 11.500v1M12.500 11.500v1M2.200 11v2.500M17.800 11v2.500',
  queue: 'M4 5.500h12M4 10h12M4 14.500h7',
  end: 'M5 5h10v10H5z',
  cup: 'M4 8h9.500v5a3.500 3.500 0 0 1-3.500 3.500H7.500A3.500 3.500 0 0 1 4 13ZM13.500 9.200h1.300a1.900 1.900 0 0 1 0 3.800h-1.300M7 3.300v1.900M10.500 3.300v1.900',
  talk: 'M3.500 4.500h13v9H9L5.500 16.300V13.500h-2Z',
  note: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 9.300v4M10 6.700v.1',
  offline: 'M3 8.200a10 10 0 0 1 4-2.300M17 8.200a10 10 0 0 0-5.600-2.700M5.700 11.200a6.200 6.200 0 0 1 3-1.600M14.300 11.200a6 6 0 0 0-1.500-1.100M10 15h.1M4 3.500l12 13',
};

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

// Mark is the sign of the house: a terminal with a pulse on its paper.
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <rect class="mark-body" x="2" y="2" width="28" height="28" rx="8" />
      <path class="mark-line" d="M6.500 17h4.200l2.300-6.500 4.300 12 2.600-7.500 1.300 2h4.300" fill="none" stroke-width="2.400" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
