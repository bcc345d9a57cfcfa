import { type AddressInfo, connect as dial, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Connection, connectionOf, urlOf } from './postgres.ts';

/** A way to the server on a loopback port that can be interrupted, as a network is. */
export type Proxy = {
  readonly port: number;
  /** The address of the same database for the same login, by this way. */
  readonly through: (url: string) => string;
  /** Ends what is open; whoever dials again gets through. */
  readonly cut: () => void;
  /** Ends what is open, and refuses who dials until `openAgain`. */
  readonly shut: () => void;
  readonly openAgain: () => Promise<void>;
  /** Nothing passes either way, and nobody is told, until `flow`. */
  readonly stall: () => void;
  readonly flow: () => void;
};

export async function proxyTo({ host, port }: Pick<Connection, 'host' | 'port'>): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let isStalled = false;
  const server: Server = createServer((inside) => {
    const outside = host.startsWith('/') ? dial(join(host, `.s.PGSQL.${port}`)) : dial(port, host);
    for (const [from, to] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      sockets.add(from);
      from
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
    }
    inside.pipe(outside).pipe(inside);
    if (isStalled) hold(inside, outside);
  });
  const hold = (...these: readonly Socket[]): void => these.forEach((socket) => socket.pause());
  const listen = (on: number): Promise<void> =>
    new Promise((resolve) => server.listen(on, '127.0.0.1', () => resolve()));
  await listen(0);
  const own = (server.address() as AddressInfo).port;
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: own,
    through: (url) => urlOf({ ...connectionOf(url), host: '127.0.0.1', port: own }),
    cut,
    shut: () => {
      server.close();
      cut();
    },
    openAgain: () => listen(own),
    stall: () => {
      isStalled = true;
      hold(...sockets);
    },
    flow: () => {
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
  };
}
