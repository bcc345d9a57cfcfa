type CommandShape = {
  readonly id: string;
  readonly label: string;
  readonly group: 'Decide' | 'Move' | 'Select' | 'Look' | 'Umpire';
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
  { id: 'undo', label: 'Undo the last decision', group: 'Decide', keys: ['u'] },
  { id: 'takeOver', label: 'Take the case over', group: 'Decide', keys: ['shift+t'] },
  { id: 'keepTheirs', label: 'Keep theirs, or leave what came back', group: 'Decide', keys: ['t'] },
  { id: 'handToLead', label: 'Hand what came back to a lead', group: 'Decide', keys: ['l'] },
  // The same key as for a case: no screen has both.
  { id: 'keepAll', label: 'Leave all of the session like it', group: 'Decide', keys: ['shift+t'] },
  { id: 'handAll', label: 'Hand all like it to a lead', group: 'Decide', keys: ['shift+l'] },
  { id: 'next', label: 'Next case', group: 'Move', keys: ['j'], repeats: true },
  { id: 'previous', label: 'Previous case', group: 'Move', keys: ['k'], repeats: true },
  { id: 'nextFree', label: 'Next case that nobody has', group: 'Move', keys: ['shift+n'] },
  { id: 'search', label: 'Search the queue', group: 'Move', keys: ['/'] },
  { id: 'queue', label: 'Go to the queue', group: 'Move', keys: ['g q'] },
  { id: 'escalated', label: 'Go to escalated cases', group: 'Move', keys: ['g e'] },
  { id: 'bulks', label: 'Go to bulk sessions', group: 'Move', keys: ['g b'] },
  { id: 'sync', label: 'Go to sync and the outbox', group: 'Move', keys: ['g s'] },
  { id: 'openCase', label: 'Open the case of what is in the outbox', group: 'Move', keys: ['c'] },
  { id: 'select', label: 'Select the case', group: 'Select', keys: ['x'] },
  { id: 'selectDown', label: 'Extend the selection down', group: 'Select', keys: ['shift+j'], repeats: true },
  { id: 'selectUp', label: 'Extend the selection up', group: 'Select', keys: ['shift+k'], repeats: true },
  { id: 'selectAll', label: 'Select all that match', group: 'Select', keys: ['mod+a'] },
  { id: 'unselect', label: 'Clear the selection', group: 'Select', keys: ['esc'] },
  { id: 'bulk', label: 'Bulk session with the selection', group: 'Select', keys: ['b'] },
  { id: 'ring', label: 'Bulk session with this ring', group: 'Select', keys: ['shift+b'] },
  { id: 'run', label: 'Preview or run the bulk session', group: 'Select', keys: ['mod+enter'] },
  { id: 'pause', label: 'Pause the bulk session', group: 'Select', keys: ['p'] },
  { id: 'left', label: 'Hide or show the queue', group: 'Look', keys: ['['] },
  { id: 'right', label: 'Hide or show people and money', group: 'Look', keys: [']'] },
  { id: 'tryNow', label: 'Try to reach the server now', group: 'Umpire', keys: ['shift+s'] },
  { id: 'sendAgain', label: 'Send again what was refused', group: 'Umpire', keys: ['s'] },
  { id: 'withdraw', label: 'Withdraw what was not sent yet', group: 'Umpire', keys: ['w'] },
  { id: 'evidence', label: 'Save evidence…', group: 'Umpire', keys: ['mod+s'] },
  // The same key: no screen has both.
  { id: 'report', label: 'Save report (CSV)…', group: 'Umpire', keys: ['mod+s'] },
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

/** The commands of a key; which of them is meant is a matter of the screen. */
export function commandsOf(key: string): readonly Command[] {
  return LIST.filter((command) => command.keys.includes(key));
}

const KEY_NAMES: { readonly [key: string]: string } = { esc: 'Esc', enter: 'Enter' };

function shownKey(key: string, platform: string): string {
  const parts = key.split('+');
  const last = parts.at(-1) ?? '';
  const modifiers = parts
    .slice(0, -1)
    .map((part) => (part === 'mod' ? (platform === 'darwin' ? '⌘' : 'Ctrl+') : platform === 'darwin' ? '⇧' : 'Shift+'));
  return modifiers.join('') + (KEY_NAMES[last] ?? (modifiers.length > 0 ? last.toUpperCase() : last));
}

/** How a command's keys are written, with the modifier this system has. */
export function shownKeys(command: Command, platform: string): string {
  if (command.shown !== undefined) return command.shown;
  return command.keys
    .flatMap((key) => key.split(' '))
    .map((key) => shownKey(key, platform))
    .join(' ');
}
