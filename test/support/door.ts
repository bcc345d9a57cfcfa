import { type AddressInfo, connect as dial, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Connection } from './postgres.ts';

/** A door to the server that can be shut, as a network does. */
export type Door = { readonly port: number; shut(): void; openAgain(): Promise<void> };

export async function doorTo({ host, port }: Connection): Promise<Door> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((inside) => {
    const outside = host.startsWith('/') ? dial(join(host, `.s.PGSQL.${port}`)) : dial(port, host);
    for (const socket of [inside, outside]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    inside.pipe(outside).pipe(inside);
  });
  const listen = (on: number): Promise<void> =>
    new Promise((resolve) => server.listen(on, '127.0.0.1', () => resolve()));
  await listen(0);
  const own = (server.address() as AddressInfo).port;
  return {
    port: own,
    shut: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
    openAgain: () => listen(own),
  };
}
