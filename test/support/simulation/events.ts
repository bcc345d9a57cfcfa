import type { Random } from '../random.ts';
import type { Client } from './client.ts';
import { type Ids, short } from './ids.ts';
import type { ModelServer } from './model-server.ts';
import type { Network } from './network.ts';
import type { Scheduler } from './scheduler.ts';
import { newItem, raise } from './world.ts';

export type Surroundings = {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly ids: Ids;
  readonly server: ModelServer;
  readonly sides: readonly { readonly client: Client; readonly network: Network }[];
  readonly trace: (line: string) => void;
  readonly isOver: () => boolean;
};

/** What happens to nobody's liking: scores, jobs, deletions, cuts, full disks, kills, a server that goes down and comes back as its backup. */
export function happen(around: Surroundings): void {
  const { random, server, scheduler, sides, trace } = around;
  const roll = random.next();
  const { client, network } = random.pick(sides);
  if (roll < 0.6) change(around);
  else if (roll < 0.76) {
    network.isCut = true;
    trace(`${client.name} is cut off`);
    scheduler.after(random.int(500, 40_000), () => {
      network.isCut = false;
    });
  } else if (roll < 0.84) client.kill();
  else if (roll < 0.89) {
    client.isFull = true;
    trace(`${client.name} has a full disk`);
    scheduler.after(random.int(500, 15_000), () => {
      client.isFull = false;
    });
  } else if (roll < 0.92) {
    server.disabled.add(client.name);
    scheduler.after(random.int(500, 10_000), () => server.disabled.delete(client.name));
  } else if (roll < 0.935) {
    server.lookers.add(client.name);
    trace(`${client.name} may only look`);
    scheduler.after(random.int(500, 20_000), () => server.lookers.delete(client.name));
  } else if (roll < 0.95) server.takeBackup();
  else if (!server.isDown) {
    const restores = random.chance(0.7);
    const isSilent = restores && random.chance(0.4);
    trace(`the server goes down${restores ? `, to be restored${isSilent ? ' without a word' : ''}` : ''}`);
    server.goDown(restores, isSilent);
    scheduler.after(random.int(100, 9_000), () => {
      server.isDown = false;
    });
  }
}

/** Somebody or something else writes to the database. */
function change({ random, ids, server, trace }: Surroundings): void {
  const existing = [...server.state.items.keys()];
  const roll = random.next();
  if (existing.length === 0 || roll < 0.08) {
    const id = ids.next();
    void server.write([], server.writingTime(), (state, xid) => state.items.set(id, newItem(id, random, xid)));
    return;
  }
  const id = random.pick(existing);
  const [kind, rows] = kindOf(roll, id);
  trace(`${kind} of ${short(id)}`);
  void server.write(rows, server.writingTime(), (state, xid) => {
    const one = state.items.get(id);
    if (one === undefined) return;
    switch (kind) {
      case 'deletion':
        state.items.delete(id);
        state.gone.set(id, xid);
        break;
      case 'rise':
        raise(state, one, xid);
        break;
      case 'score':
        one.item = { ...one.item, score: one.item.score + random.int(-3, 4), version: one.item.version + 1, tx: xid };
        break;
      case 'money':
        one.money = { held: Math.max(0, one.money.held - 25), paid: one.money.paid + 25, tx: xid };
        break;
      case 'name':
        one.people = { referrerName: `Till ${random.int(0, 1000)}`, tx: xid };
        break;
      case 'claim':
        state.claims = [
          { itemId: id, by: 'somebody', until: '2026-11-23T00:00:00.000Z', isMine: false },
          ...state.claims.filter(({ itemId }) => itemId !== id),
        ].slice(0, 3);
        break;
      case 'reference':
        state.reference += 1;
        break;
    }
  });
}

type Kind = 'deletion' | 'rise' | 'score' | 'money' | 'name' | 'claim' | 'reference';

function kindOf(roll: number, id: string): [Kind, string[]] {
  if (roll < 0.13) return ['deletion', [`item ${id}`, `money ${id}`, `people ${id}`]];
  if (roll < 0.36) return ['rise', [`item ${id}`]];
  if (roll < 0.5) return ['score', [`item ${id}`]];
  if (roll < 0.7) return ['money', [`money ${id}`]];
  if (roll < 0.88) return ['name', [`people ${id}`]];
  if (roll < 0.96) return ['claim', [`claim ${id}`]];
  return ['reference', ['reference']];
}
