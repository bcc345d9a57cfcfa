import { AGENTS } from './data/agents.ts';
import type { Agent, Kind } from './data/agents.ts';
import type { Random } from './prng.ts';

export type Device = {
  /** What the product calls the device; null where a browser does not let itself be recognised. */
  readonly id: string | null;
  readonly agent: Agent;
};

const BY_KIND: { readonly [K in Kind]: readonly Agent[] } = {
  phone: AGENTS.filter((agent) => agent.kind === 'phone'),
  desktop: AGENTS.filter((agent) => agent.kind === 'desktop'),
  tablet: AGENTS.filter((agent) => agent.kind === 'tablet'),
};

export function deviceOf(random: Random, kind: Kind): Device {
  return deviceWith(random, random.weighted(BY_KIND[kind]));
}

export function deviceWith(random: Random, agent: Agent): Device {
  return { id: random.chance(0.05) ? null : idOf(random), agent };
}

/** A device that is recognised for certain. */
export function knownDevice(random: Random, agent: Agent): Device {
  return { id: idOf(random), agent };
}

/** The same machine in a private window: no id. */
export function hidden(device: Device): Device {
  return { id: null, agent: device.agent };
}

/** One to three: nearly everybody has a phone, many a computer, some a tablet. */
export function someDevices(random: Random): readonly Device[] {
  const first = deviceOf(random, random.chance(0.9) ? 'phone' : 'desktop');
  if (random.chance(0.4)) return [first];
  const second = deviceOf(random, 'desktop');
  return random.chance(0.2) ? [first, second, deviceOf(random, 'tablet')] : [first, second];
}

const LETTERS = Array.from('0123456789abcdefghijklmnopqrstuvwxyz');

/** Twenty letters and digits, as browser fingerprints are written. */
function idOf(random: Random): string {
  // Joined at once: a string grown letter by letter keeps all its pieces.
  return Array.from({ length: 20 }, () => random.pick(LETTERS)).join('');
}
