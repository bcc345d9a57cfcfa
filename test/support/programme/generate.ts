import { microsOf } from '../model/moment.ts';
import { DAY, HOUR, MINUTE } from '../model/seed.ts';
import type { ModelEvent } from '../model/state.ts';
import { caughtUp, type History, type Step, type Task } from './history.ts';
import { happenings, type Shape } from './people.ts';
import { Random } from '../random.ts';

const JUMPS = [3 * MINUTE, 20 * MINUTE, HOUR, 5 * HOUR, 12 * HOUR, DAY, DAY, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY];
/** While most of it happens, the clock takes smaller steps. */
const STEPS = [20 * MINUTE, 5 * HOUR, 12 * HOUR, DAY, DAY, 2 * DAY, 2 * DAY];
const BUSY = 13 * DAY;
const BACK = [MINUTE, HOUR, DAY, 3 * DAY];

/** A random programme: what happens, and how it reaches Umpire while the clock runs, jumps, and steps back. */
export function history(seed: number, shape: Shape): History {
  const random = new Random(seed);
  return caughtUp(new Telling(random, happenings(random, shape), shape).steps());
}

class Telling {
  private readonly done: Step[] = [];
  private readonly random: Random;
  private readonly waiting: { readonly event: ModelEvent; readonly arrives: number }[];
  private readonly told: ModelEvent[] = [];
  private readonly begin: number;
  private readonly end: number;
  private clock: number;

  constructor(random: Random, events: readonly ModelEvent[], shape: Shape) {
    this.random = random;
    this.waiting = events
      .map((event) => ({ event, arrives: microsOf(event.at) + lateness(random, event, shape) }))
      .sort((a, b) => a.arrives - b.arrives);
    const times = this.waiting.map(({ event }) => microsOf(event.at));
    const earliest = times.reduce((a, b) => Math.min(a, b));
    this.end = times.reduce((a, b) => Math.max(a, b)) + 30 * DAY;
    // Accounts are older than all else.
    this.begin = wholeMillis(earliest + 40 * DAY);
    this.clock = this.begin;
  }

  steps(): History {
    while (this.waiting.length > 0 || this.clock < this.end) {
      const isBusy = this.clock < this.begin + BUSY;
      this.clock = wholeMillis(this.clock + this.random.pick(isBusy ? STEPS : JUMPS));
      this.step(...this.twice({ do: 'advance' }));
      this.arrivals();
      for (let more = this.random.int(0, 4); more > 0; more -= 1) this.work();
    }
    for (const task of ['advance', 'score', 'release'] as const) this.step({ do: task });
    return this.done;
  }

  private step(...tasks: readonly Task[]): void {
    const back = this.random.chance(0.12) ? this.random.pick(BACK) : 0;
    this.done.push({ now: this.clock - back, tasks });
  }

  /** Sometimes by two workers at once. */
  private twice(task: Task): readonly Task[] {
    return this.random.chance(0.25) ? [task, task] : [task];
  }

  private arrivals(): void {
    const ahead = this.random.chance(0.05) ? DAY : 0;
    const count = this.waiting.findIndex(({ arrives }) => arrives > this.clock + ahead);
    const fresh = this.waiting.splice(0, count === -1 ? this.waiting.length : count).map(({ event }) => event);
    const again =
      this.told.length === 0 ? [] : Array.from({ length: this.random.int(0, 6) }, () => this.random.pick(this.told));
    const file = this.random.chance(0.8)
      ? this.random.shuffled([...fresh, ...again, ...again.slice(0, 1)])
      : [...fresh, ...again];
    this.told.push(...fresh);
    if (file.length === 0) return;
    const files = this.random.chance(0.4) ? this.split(file) : [this.withReused(file)];
    const imports = files.map((events): Task => ({ do: 'import', events }));
    if (this.random.chance(0.5)) this.step(...imports);
    else for (const task of imports) this.step(task);
  }

  /** Into two to four files. */
  private split(events: readonly ModelEvent[]): ModelEvent[][] {
    const cuts = Array.from({ length: this.random.int(1, 4) }, () => this.random.int(0, events.length + 1));
    const ends = [...cuts, events.length].sort((a, b) => a - b);
    return ends.map((end, nth) => events.slice(ends[nth - 1] ?? 0, end)).filter(({ length }) => length > 0);
  }

  /** An id that was used before, for something else. */
  private withReused(events: readonly ModelEvent[]): readonly ModelEvent[] {
    const used = events.find(({ type }) => type === 'credits.used');
    if (used?.type !== 'credits.used' || this.random.chance(0.7)) return events;
    return [...events, { ...used, amount: used.amount + 1 }];
  }

  private work(): void {
    const { random } = this;
    const kind = random.int(0, 10);
    if (kind < 3) this.step(...this.twice({ do: 'score' }));
    else if (kind < 5) this.release();
    else if (kind < 8) this.step(...this.decisions());
    else if (kind < 9) this.step({ do: 'score' }, random.pick([this.decision(), { do: 'advance' }]));
    else this.step(...this.twice({ do: 'clean' }));
  }

  private release(): void {
    const task: Task = { do: 'release' };
    this.step(...(this.random.chance(0.3) ? [task, this.decision()] : this.twice(task)));
  }

  private decisions(): readonly Task[] {
    const first = this.decision();
    if (this.random.chance(0.6)) return [first];
    // The same item by two people, of one mind or not, or two items.
    const second = this.decision();
    return [first, this.random.chance(0.5) ? { ...second, item: first.item, open: first.open } : second];
  }

  private decision(): Task & { readonly do: 'decide' } {
    const { random } = this;
    return {
      do: 'decide',
      item: random.int(0, 1000),
      open: random.chance(0.85),
      decision: random.pick(['approve', 'approve', 'reject', 'reject', 'escalate']),
    };
  }
}

/** Most events arrive when they happen, some hours or weeks later. Look-ups are told in time and codes mostly. */
function lateness(random: Random, { type }: ModelEvent, shape: Shape): number {
  if (type === 'code.validated') return 0;
  if (random.chance(type === 'code.created' && !shape.isContested ? 0 : 0.88)) return 0;
  if (type === 'code.created' && !shape.isContested) return 0;
  return random.pick([HOUR, 6 * HOUR, 2 * DAY, 15 * DAY]);
}

/** The engine's clock is a `Date`. */
function wholeMillis(micros: number): number {
  return Math.floor(micros / 1000) * 1000;
}
