/** The core host's entry: started and supervised by Electron's main, with messages as its only interface. */
import { defaultHome } from '../postgres/embedded/home.ts';
import { answer } from './answer.ts';
import { keyFromMain } from './key.ts';
import { openHost } from './open.ts';
import { transportToMain } from './transport.ts';

const CLOSE_WITHIN_MS = 10_000;
const DEMO_REFERRALS = 5_000;

const transport = transportToMain();
if (!transport) {
  process.stderr.write('The core host is started by Umpire itself; use `npm start` or `npm run umpire`.\n');
  process.exit(2);
}

// When main dies its end of the pipes goes too; a failed write must not keep the host from closing in order.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const log = (line: string) => void process.stderr.write(`${line}\n`);

function demoReferrals(): number {
  const given = Number(process.env['UMPIRE_DEMO_REFERRALS'] ?? DEMO_REFERRALS);
  return Number.isInteger(given) && given >= 0 ? given : DEMO_REFERRALS;
}

const databaseUrl = process.env['UMPIRE_DATABASE_URL'];
const host = openHost({
  home: defaultHome(process.env, process.platform, process.getuid?.()),
  ...(databaseUrl ? { databaseUrl } : {}),
  demoReferrals: demoReferrals(),
  key: keyFromMain(transport),
  log,
});

let closing = false;
function close(): void {
  if (closing) return;
  closing = true;
  // Bounded: a server that does not answer must not keep a headless process alive.
  setTimeout(() => process.exit(1), CLOSE_WITHIN_MS).unref();
  host.close().then(
    () => process.exit(0),
    (error: unknown) => {
      log(`closing failed: ${String(error)}`);
      process.exit(1);
    },
  );
}

host.subscribe((notice) => transport.send({ type: 'notice', notice }));

transport.onClosed(close);
transport.onMessage((message) => {
  switch (message.type) {
    case 'call':
      void answer(host.handlers, message.method, message.request, log).then((outcome) =>
        transport.send({ type: 'answer', id: message.id, outcome }),
      );
      break;
    case 'key':
      // Waited for by whoever asked.
      break;
    case 'stop':
      close();
      break;
  }
});

process.on('SIGTERM', close);
// Ctrl-C in a terminal reaches every process of the group; main quits on it and then stops the host in order.
process.on('SIGINT', () => {});
