import { COMMANDS, shownKeys, type Command, type CommandId } from './commands.ts';
import { KeyCap } from './key-cap.tsx';

const ALL: readonly Command[] = COMMANDS;

/** The key of a command beside its button, as this system writes it. */
export function CommandKey({ id }: { readonly id: CommandId }) {
  const command = ALL.find((other) => other.id === id);
  return command === undefined ? null : <KeyCap>{shownKeys(command, globalThis.umpire.platform)}</KeyCap>;
}
