type CommandShape = {
  readonly id: string;
  readonly label: string;
  readonly group: 'Decide' | 'Move' | 'Look' | 'Umpire';
  /** As produced by the keyboard layout in use; two of them with a space are pressed one after the other. */
  readonly keys: readonly string[];
  /** What the list of keys shows, where it is not the keys themselves. */
  readonly shown?: string;
  /** A held key goes on; everything else happens once however long it is held. */
  readonly repeats?: true;
};

/** The keyboard map: the one list behind the keys, the palette and the list of keys. */
export const COMMANDS = [
  { id: 'approve', label: 'Approve', group: 'Decide', keys: ['a'] },
  { id: 'reject', label: 'Reject', group: 'Decide', keys: ['r'] },
  { id: 'escalate', label: 'Escalate', group: 'Decide', keys: ['e'] },
  {
    id: 'reason',
    label: 'Choose the reason',
    group: 'Decide',
    keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    shown: '1 … 9',
  },
  { id: 'note', label: 'Write a note', group: 'Decide', keys: ['n'] },
  { id: 'next', label: 'Next case', group: 'Move', keys: ['j'], repeats: true },
  { id: 'previous', label: 'Previous case', group: 'Move', keys: ['k'], repeats: true },
  { id: 'search', label: 'Search the queue', group: 'Move', keys: ['/'] },
  { id: 'queue', label: 'Go to the queue', group: 'Move', keys: ['g q'] },
  { id: 'left', label: 'Hide or show the queue', group: 'Look', keys: ['['] },
  { id: 'right', label: 'Hide or show people and money', group: 'Look', keys: [']'] },
  { id: 'palette', label: 'Command palette', group: 'Umpire', keys: ['mod+k'] },
  { id: 'keys', label: 'All keys', group: 'Umpire', keys: ['?'] },
  { id: 'settings', label: 'Settings', group: 'Umpire', keys: ['mod+,'] },
] as const satisfies readonly CommandShape[];

export type CommandId = (typeof COMMANDS)[number]['id'];
export type Command = CommandShape & { readonly id: CommandId };

const LIST: readonly Command[] = COMMANDS;

/** The first half of two keys pressed one after the other. */
export const PREFIXES: ReadonlySet<string> = new Set(
  LIST.flatMap((command) => command.keys)
    .filter((key) => key.includes(' '))
    .map((key) => key.split(' ')[0] ?? ''),
);

export function commandOf(key: string): Command | undefined {
  return LIST.find((command) => command.keys.includes(key));
}

/** How a command's keys are written, with the modifier this system has. */
export function shownKeys(command: Command, platform: string): string {
  if (command.shown !== undefined) return command.shown;
  return command.keys
    .map((key) => key.replace('mod+', platform === 'darwin' ? '⌘' : 'Ctrl+').replace('+k', '+K'))
    .join(' ');
}
