import { compareBands } from '../../../core/domain/band.ts';
import type { OutboxState } from '../../../core/domain/outbox.ts';
import type { Head, LiveClaim } from '../../../core/sync/ports.ts';
import type { Client } from './client.ts';
import { short } from './ids.ts';
import type { Row } from './keeper.ts';
import type { ModelServer } from './model-server.ts';
import { factsOf, type Record } from './world.ts';

type Fault = (what: string) => void;

/** After all trouble is over: everything is where it belongs, once. */
export function checkHealed(server: ModelServer, clients: readonly Client[], fault: Fault): void {
  checkEffects(server, clients, fault);
  const mine = new Map<string, Set<string>>();
  for (const record of server.state.records.values()) {
    mine.set(record.by, (mine.get(record.by) ?? new Set()).add(record.key));
  }
  for (const client of clients) {
    client.person.checkTold(client.keeper, 'in the end');
    checkCache(server, client, fault);
    const rows = client.keeper.rows();
    for (const row of rows) checkRow(server, client, row, fault);
    for (const { id } of rows) mine.get(client.name)?.delete(id);
  }
  for (const [name, keys] of mine) {
    for (const key of keys) fault(`the server has ${short(key)} of ${name}, who knows nothing of it`);
  }
}

/** Heads are the server's for this viewer; evidence of what is kept is of the moment that its stamp says. */
function checkCache(server: ModelServer, client: Client, fault: Fault): void {
  const keeper = client.keeper;
  const heads = server.headsFor(client.name);
  for (const id of keeper.itemIds()) if (!heads.has(id)) fault(`${client.name} still has ${short(id)}, which is gone`);
  for (const [id, head] of heads) {
    const look = keeper.look(id);
    if (look === null) {
      fault(`${client.name} has no ${short(id)}`);
      continue;
    }
    if (!isSame(look.head, head)) {
      fault(`${client.name} has ${short(id)} as ${JSON.stringify(look.head)}, not ${JSON.stringify(head)}`);
    }
    if (look.status !== head.status)
      fault(`${client.name} is shown ${short(id)} as ${look.status}, not ${head.status}`);
    const item = server.state.items.get(id);
    if (look.facts !== null && !look.isStale && item !== undefined && look.facts !== factsOf(item)) {
      fault(`${client.name} has old evidence of ${short(id)} that passes for current`);
    }
  }
  if (!isSame(inOrder(keeper.claims(), heads), inOrder(server.state.claims, heads)))
    fault(`${client.name} has other claims than the server`);
}

/** A decision of the outbox says what the server stored of it, or was withdrawn before it went anywhere. */
function checkRow(server: ModelServer, { name, person: { told, untold } }: Client, row: Row, fault: Fault): void {
  const { id, state } = row;
  const isPoisoned = (told.get(id) ?? untold.get(id))?.isPoisoned === true;
  if (!told.has(id) && !untold.has(id)) fault(`${name} has ${short(id)}, which nobody made`);
  if (server.lost.has(id)) {
    const isTold = state === 'applied' || state === 'agreed' || state === 'awaiting_second';
    if (isTold && !server.state.records.has(id)) {
      fault(`${name} is told that ${short(id)} is ${state}, and the server was set back to before it`);
    }
    return;
  }
  const record = server.state.records.get(id);
  if (record === undefined) {
    // Nothing of it was stored: it was taken back before it was sent, or no server can take it.
    const isRejected = state === 'rejected' && (isPoisoned || server.unknown.has(id));
    if (!isRejected && state !== 'withdrawn') fault(`${name} has ${short(id)} as ${state}; the server has nothing`);
    return;
  }
  if (record.by !== name) fault(`${short(id)} of ${name} was stored for ${record.by}`);
  const right = stateOf(record);
  // Rejected, queued to be sent again, and taken back before it was: it has no effect either way.
  if (state === 'withdrawn' && right === 'rejected') return;
  if (state !== right) fault(`${name} has ${short(id)} as ${state}; on the server it is ${right}`);
}

function stateOf({ answer: { outcome }, settled, isTakenBack }: Record): OutboxState {
  // Another one that waited with it was taken back, not this one.
  if (settled === 'withdrawn' && !isTakenBack) return 'returned';
  const state = outcome === 'not_allowed' || outcome === 'unknown' ? 'rejected' : outcome;
  return outcome === 'awaiting_second' && settled !== null ? settled : state;
}

/** Each key has had one effect at most, on an item that was open and in no higher band than its maker saw. */
function checkEffects({ state }: ModelServer, clients: readonly Client[], fault: Fault): void {
  const told = new Map(clients.flatMap((client) => [...client.person.told]));
  const seen = new Set<string>();
  const status = new Map<string, string>();
  for (const { key, itemId, kind, from, to, band } of state.effects) {
    if (seen.has(key)) fault(`${short(key)} had its effect twice`);
    seen.add(key);
    if ((status.get(itemId) ?? 'pending') !== from) fault(`${short(itemId)} changed to ${from} by nobody's decision`);
    status.set(itemId, to);
    if (kind === 'decide' && (from === 'approved' || from === 'rejected')) {
      fault(`${short(key)} overrode what ${short(itemId)} had been decided`);
    }
    const looked = told.get(key)?.seenBand ?? null;
    if (looked !== null && compareBands(band, looked) > 0) {
      fault(`${short(key)} was decided on a ${looked} case and had its effect on a ${band} one`);
    }
  }
  for (const item of state.items.values()) {
    if (item.item.status !== (status.get(item.id) ?? 'pending'))
      fault(`${short(item.id)} changed by nobody's decision`);
  }
}

function inOrder(claims: readonly LiveClaim[], heads: ReadonlyMap<string, Head>): LiveClaim[] {
  return claims.filter(({ itemId }) => heads.has(itemId)).sort((a, b) => (a.itemId < b.itemId ? -1 : 1));
}

export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
