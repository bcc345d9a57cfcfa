import { once } from 'node:events';

/** A line to one page over the DevTools protocol: no more of a debugger than asking the page and hearing from it. */
export type PageLine = {
  /** The value of an expression, awaited; null where the page cannot answer now, or not any more. */
  readonly ask: (expression: string) => Promise<unknown>;
  /** Defines a function of this name in the page, and calls `listener` with the text that it is given there. */
  readonly hear: (name: string, listener: (text: string) => void) => Promise<void>;
};

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name: string; readonly payload: string };
  readonly result?: { readonly result?: { readonly value?: unknown } };
};

export async function lineTo(url: string): Promise<PageLine> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const waiting = new Map<number, (message: Message | null) => void>();
  const listeners = new Map<string, (text: string) => void>();
  let last = 0;
  let isOpen = true;
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.method === 'Runtime.bindingCalled' && message.params !== undefined) {
      listeners.get(message.params.name)?.(message.params.payload);
    }
    if (message.id === undefined) return;
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  });
  socket.addEventListener('close', () => {
    isOpen = false;
    for (const unanswered of waiting.values()) unanswered(null);
    waiting.clear();
  });
  const send = async (method: string, params: object): Promise<Message | null> => {
    if (!isOpen) return null;
    const { promise, resolve } = Promise.withResolvers<Message | null>();
    waiting.set((last += 1), resolve);
    socket.send(JSON.stringify({ id: last, method, params }));
    return promise;
  };
  return {
    ask: async (expression) => {
      const answer = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
      return answer?.result?.result?.value ?? null;
    },
    hear: async (name, listener) => {
      listeners.set(name, listener);
      await send('Runtime.enable', {});
      await send('Runtime.addBinding', { name });
    },
  };
}
