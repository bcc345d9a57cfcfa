import type { FromHost, ToHost } from '../contract/host.ts';

/** The line between the core host and the process that started it. */
export type Transport = {
  send(message: FromHost): void;
  onMessage(listener: (message: ToHost) => void): void;
  /** The other end is gone: nobody is left to work for. */
  onClosed(listener: () => void): void;
};

/** What Electron gives a utility process; typed here because core does not know Electron. */
type ParentPort = {
  postMessage(message: FromHost): void;
  on(event: 'message', listener: (event: { readonly data: ToHost }) => void): void;
};

function parentPort(): ParentPort | undefined {
  return (process as { parentPort?: ParentPort }).parentPort;
}

function overParentPort(port: ParentPort): Transport {
  return {
    send: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', (event) => listener(event.data)),
    // A utility process is ended by the system together with its parent.
    onClosed: () => {},
  };
}

function overNodeChannel(): Transport {
  return {
    send: (message) => {
      // A closed channel is reported by `disconnect`; what was on its way has no reader any more.
      if (process.connected) process.send?.(message, undefined, undefined, () => {});
    },
    onMessage: (listener) => void process.on('message', (message) => listener(message as ToHost)),
    onClosed: (listener) => void process.once('disconnect', listener),
  };
}

/** Null where the process was not started by main. */
export function transportToMain(): Transport | null {
  const port = parentPort();
  if (port) return overParentPort(port);
  return process.send ? overNodeChannel() : null;
}
