import { useRef } from 'react';
import { useHotkeys } from 'react-hotkeys-hook';
import { commandsOf, PREFIXES, type Command } from './commands.ts';
import { isAvailable, runCommand } from './registry.ts';

const SECOND_KEY_MS = 1_000;

/** Floating things keep their keys to themselves. */
function isInFloating(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest('[role=dialog],[role=menu],[role=listbox]') !== null;
}

/** The key as the layout in use produces it: `[` is AltGr+8 on a German keyboard, `/` is Shift+7. */
function produced(event: KeyboardEvent): string | null {
  const altGraph = event.getModifierState('AltGraph');
  if (event.altKey && !altGraph) return null;
  if ((event.ctrlKey || event.metaKey) && !altGraph) return `mod+${event.key.toLowerCase()}`;
  if (event.key === 'Escape') return 'esc';
  if (event.key.length !== 1) return null;
  const key = event.key.toLowerCase();
  return event.shiftKey && key >= 'a' && key <= 'z' ? `shift+${key}` : key;
}

/** Of the commands of a key the one that what is on the screen knows. */
function meant(key: string): Command | undefined {
  const commands = commandsOf(key);
  return commands.find(({ id }) => isAvailable(id)) ?? commands[0];
}

/** Turns keys into commands, whatever pane has the focus, except in text fields. */
export function useKeyboard(): void {
  const first = useRef<{ readonly key: string; readonly at: number } | null>(null);
  useHotkeys(
    '*',
    (event) => {
      if (event.defaultPrevented || event.isComposing) return;
      const key = produced(event);
      if (key === null) return;
      const before = first.current;
      first.current = null;
      const chord = before !== null && event.timeStamp - before.at < SECOND_KEY_MS ? `${before.key} ${key}` : key;
      const command = meant(chord) ?? meant(key);
      if (command === undefined) {
        if (PREFIXES.has(key) && !event.repeat) first.current = { key, at: event.timeStamp };
        return;
      }
      // A key that is held must not decide a second case.
      if (event.repeat && command.repeats !== true) return;
      if (runCommand(command.id, key)) event.preventDefault();
    },
    { ignoreEventWhen: isInFloating },
  );
}
