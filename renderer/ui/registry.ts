import { useEffect, useRef } from 'react';
import type { CommandId } from './commands.ts';

/** `key` is what was pressed; empty when the command came from elsewhere. */
type Handler = (key: string) => void;
export type Handlers = { readonly [Id in CommandId]?: Handler };

const mounted: { current: Handlers }[] = [];

/** Runs a command where some part of the window on screen knows it; tells whether one did. */
export function runCommand(id: CommandId, key = ''): boolean {
  const handler = mounted.findLast((entry) => entry.current[id] !== undefined)?.current[id];
  handler?.(key);
  return handler !== undefined;
}

export function isAvailable(id: CommandId): boolean {
  return mounted.some((entry) => entry.current[id] !== undefined);
}

/** Answers these commands for as long as the component is mounted. */
export function useCommands(handlers: Handlers): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    mounted.push(latest);
    return () => {
      mounted.splice(mounted.indexOf(latest), 1);
    };
  }, []);
}
