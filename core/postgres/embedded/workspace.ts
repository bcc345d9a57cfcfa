import { serverAccount } from './account.ts';
import { findPackage, usableBinaries } from './binaries.ts';
import { clearUnfinished, clusterExists, createCluster } from './cluster.ts';
import { inFolder } from './error.ts';
import { keepPrivate, prepareFolders } from './folders.ts';
import { layoutOf } from './layout.ts';
import { hold, takeGate, type Hold } from './lock.ts';
import { ensurePassword } from './password.ts';
import { NAME, type Place } from './place.ts';
import { ensureDatabase, stopServer } from './server.ts';

/** A started server that this program may use until it releases it. */
export type Workspace = {
  readonly connection: {
    /** A folder with a Unix socket, or a loopback address; `pg` takes both. */
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
  /** For people; never a password. */
  readonly label: string;
  /** This call made the data folder. A program killed after that finds an empty database and false here. */
  readonly wasCreated: boolean;
  /**
   * Says that this program needs the server no more; the last one stops it, which ends connections left open. Calling it
   * again does nothing. A program that ends without it, or is killed, leaves the server to the next one.
   */
  release(): Promise<void>;
};

export type WorkspaceOptions = {
  /** The data folder, see defaultHome. */
  readonly home: string;
  /** Told what takes time, in words for the person who waits. */
  readonly onStep?: (step: string) => void;
};

/** How long to wait for another program that is making, starting or stopping the server. */
const GATE_LIMIT_MS = 60_000;

/**
 * Opens the embedded workspace: makes it at the first call, starts the server if it does not run, joins it otherwise.
 * Throws a WorkspaceError for everything that a person can do something about.
 */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const layout = layoutOf(options.home);
  return inFolder(layout.home, async () => {
    const account = await serverAccount(layout);
    await prepareFolders(layout, account);
    const found = await findPackage();
    const gate = await takeGate(layout.gate, GATE_LIMIT_MS, () =>
      options.onStep?.('Waiting for another Umpire program'),
    );
    let held: Hold | null = null;
    let place: Place | null = null;
    try {
      await keepPrivate(layout.gate, account);
      const exists = await clusterExists(layout, found.major);
      const password = await ensurePassword(layout, account, exists);
      const binaries = await usableBinaries(found, layout.binaries, account);
      place = { layout, account, binaries, password };
      held = hold(layout.holders);
      await keepPrivate(layout.holders, account);
      await clearUnfinished(layout);
      if (!exists) {
        options.onStep?.('Creating the workspace');
        await createCluster(place, true);
      }
      const endpoint = await ensureDatabase(place, options.onStep);
      return {
        connection: { ...endpoint, user: NAME, password, database: NAME },
        label: 'embedded workspace',
        wasCreated: !exists,
        release: releaser(place, held),
      };
    } catch (error) {
      // What failed is told, not what failed while tidying up after it.
      if (held?.giveUp() === true && place !== null) await stopServer(place).catch(() => undefined);
      throw error;
    } finally {
      gate.open();
    }
  });
}

function releaser(place: Place, held: Hold): () => Promise<void> {
  let released: Promise<void> | null = null;
  return () => (released ??= release(place, held));
}

async function release(place: Place, held: Hold): Promise<void> {
  let gate;
  try {
    gate = await takeGate(place.layout.gate, GATE_LIMIT_MS);
  } catch (error) {
    // Whoever is at the gate for so long uses the server, or stops it.
    held.giveUp();
    throw error;
  }
  try {
    if (held.giveUp()) await stopServer(place);
  } finally {
    gate.open();
  }
}
