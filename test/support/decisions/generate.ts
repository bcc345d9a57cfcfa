import { isoOf, microsOf } from '../model/moment.ts';
import { DAY, HOUR, MINUTE } from '../model/seed.ts';
import type { ModelEvent } from '../model/state.ts';
import {
  caughtUp,
  type History,
  type Id,
  type ReviewTask,
  type Ruling,
  type Step,
  type Taking,
  type Task,
} from '../programme/history.ts';
import { happenings, type Shape } from '../programme/people.ts';
import { Random } from '../random.ts';

/** Who decides; `nina` has no account and so acts as the owner. */
const ACCOUNTS = [
  { login: 'anna', role: 'analyst' },
  { login: 'ben', role: 'analyst' },
  { login: 'carl', role: 'analyst' },
  { login: 'lea', role: 'lead' },
  { login: 'ada', role: 'admin' },
  { login: 'robo', role: 'engine' },
  { login: 'vik', role: 'viewer' },
] as const;
const PEOPLE = ['anna', 'anna', 'anna', 'ben', 'ben', 'ben', 'carl', 'carl', 'lea', 'lea', 'ada', 'nina'];

const JUMPS = [HOUR, 5 * HOUR, 12 * HOUR, DAY, DAY, 2 * DAY];
const LATER = [DAY, 3 * DAY, 7 * DAY, 9 * DAY];
const BACK = [MINUTE, HOUR, DAY, 3 * DAY];
const SIZES = [1, 1, 2, 3, 5, 8, 14, 25, 40, 40];

export type Length = { readonly busy: number; readonly after: number };

/** A programme with much to review, and people who decide, take back and change the rules while it goes on. */
export function decisionHistory(seed: number, shape: Shape, length: Length): History {
  const random = new Random(seed);
  return caughtUp(new Office(random, suspicious(random, shape)).steps(length));
}

/** What happens, without look-ups, and with patterns that find many, raise their scores, fall away and come back. */
function suspicious(random: Random, shape: Shape): readonly ModelEvent[] {
  const plain = happenings(random, shape).filter(
    ({ type }) => type !== 'code.validated' && type !== 'pattern.created' && type !== 'pattern.updated',
  );
  const begin = Math.min(...plain.flatMap((one) => (one.type === 'referral.registered' ? [microsOf(one.at)] : [])));
  let count = 0;
  const at = (days: number): { readonly id: string; readonly at: string } => {
    count += 1;
    return { id: `pattern-${count}`, at: isoOf(begin + Math.floor(days * DAY) + count) };
  };
  const made = (
    days: number,
    patternType: 'email_domain' | 'device_pattern',
    patternValue: string,
    scoreImpact: number,
  ): ModelEvent => ({
    ...at(days),
    type: 'pattern.created',
    pattern: { patternType, patternValue, severity: 'high', scoreImpact },
  });
  const switched = (days: number, patternValue: string, isActive: boolean): ModelEvent => ({
    ...at(days),
    type: 'pattern.updated',
    pattern: { patternType: 'email_domain', patternValue, isActive },
  });
  const devices = Array.from({ length: 24 }, () => random.int(0, shape.referees));
  return [
    ...plain,
    made(0.2, 'email_domain', 'home.example', 62),
    made(random.pick([1, 3, 5]), 'email_domain', 'firm.example', random.pick([35, 61])),
    made(random.pick([2, 4, 6]), 'email_domain', 'blocked.example', random.pick([35, 95])),
    switched(random.pick([3, 5]), 'home.example', false),
    switched(random.pick([6, 8]), 'home.example', true),
    ...[...new Set(devices)].map((nth) =>
      made(
        random.int(0, 100) / 10,
        'device_pattern',
        `phone of u${String(nth).padStart(3, '0')}`,
        random.pick([30, 35, 95]),
      ),
    ),
  ];
}

class Office {
  private readonly done: Step[] = [];
  private readonly random: Random;
  private readonly waiting: { readonly event: ModelEvent; readonly arrives: number }[];
  private clock: number;
  private undoMinutes = 10;
  private ids = 0;
  private lastDecided: number;

  constructor(random: Random, events: readonly ModelEvent[]) {
    this.random = random;
    this.waiting = events
      .map((event) => ({
        event,
        arrives: microsOf(event.at) + (random.chance(0.9) ? 0 : random.pick([6 * HOUR, 2 * DAY])),
      }))
      .sort((a, b) => a.arrives - b.arrives);
    const times = events.flatMap((one) => (one.type === 'referral.registered' ? [microsOf(one.at)] : []));
    this.clock = wholeMillis(Math.min(...times));
    this.lastDecided = this.clock;
  }

  steps({ busy, after }: Length): History {
    for (const account of ACCOUNTS) this.step({ do: 'appoint', ...account });
    for (let day = 0; day < busy + after; day += 1) {
      this.clock = wholeMillis(this.clock + this.random.pick(day < busy ? JUMPS : LATER));
      this.step({ do: 'advance' });
      this.arrivals();
      if (this.random.chance(0.85)) this.step({ do: 'score' });
      for (let sets = this.random.int(2, 6); sets > 0; sets -= 1) this.work();
    }
    for (const task of ['advance', 'score', 'release'] as const) this.step({ do: task });
    return this.done;
  }

  private step(task: Task): void {
    const back = this.random.chance(0.1) ? this.random.pick(BACK) : 0;
    this.done.push({ now: this.clock - back, tasks: [task] });
  }

  private arrivals(): void {
    const count = this.waiting.findIndex(({ arrives }) => arrives > this.clock);
    const events = this.waiting.splice(0, count === -1 ? this.waiting.length : count).map(({ event }) => event);
    if (events.length > 0) this.step({ do: 'import', events: this.random.shuffled(events) });
  }

  private work(): void {
    const { random } = this;
    // Also to the instant at which the time for an undo is over, and a moment later.
    const end = this.lastDecided + this.undoMinutes * MINUTE;
    const rest = random.chance(0.15) && end >= this.clock ? end - this.clock + random.pick([0, 1000]) : 0;
    this.clock += rest === 0 ? random.int(0, 15 * 60) * 1_000_000 : rest;
    const kind = random.int(0, 100);
    if (rest > 0 || kind < 30) this.step(this.undo());
    else if (kind < 78) this.decide();
    else if (kind < 86) this.step({ do: 'score' });
    else if (kind < 91) this.step({ do: 'release' });
    else this.step(this.settings());
  }

  private decide(): void {
    this.lastDecided = this.clock;
    const { random } = this;
    const size = random.pick(SIZES);
    const style = random.int(0, 100);
    const mood: Ruling['among'] | null = style < 25 ? 'seconds' : style < 35 ? 'escalated' : null;
    const one: Ruling['decision'] | undefined = mood === 'seconds' && random.chance(0.7) ? null : undefined;
    const start = random.int(0, 1000);
    const rulings = Array.from({ length: size }, (_, nth): Ruling => ({
      id: this.id(random.int(0, 25)),
      item: start + nth,
      among: mood ?? this.among(),
      decision:
        one === undefined ? random.pick(['approve', 'approve', 'approve', 'reject', 'reject', 'escalate']) : one,
      reason: random.chance(0.97) ? 'right' : random.pick(['wrong', 'unheard of']),
      note: random.chance(0.3) ? random.pick(['seen before', 'same street', 'called them']) : null,
      expected: random.pick(['none', 'current', 'current', 'current', 'last', 'first']),
    }));
    this.step({ do: 'review', by: random.chance(0.02) ? 'vik' : random.pick(PEOPLE), rulings });
    if (random.chance(0.4)) this.regret();
  }

  /** Whoever decided takes some of it back at once. */
  private regret(): void {
    const { random } = this;
    this.clock += random.int(0, 5 * 60) * 1_000_000;
    const among = random.pick(['own', 'waiting'] as const);
    const takings = Array.from({ length: random.pick([1, 2, 5]) }, (_, nth): Taking => ({
      id: this.id(random.int(0, 25)),
      target: nth,
      among,
      note: null,
    }));
    this.step({ do: 'undo', by: null, takings });
  }

  private among(): Ruling['among'] {
    const kind = this.random.int(0, 100);
    if (kind < 3) return 'none';
    if (kind < 7) return 'twice';
    return kind < 20 ? 'all' : kind < 27 ? 'escalated' : 'open';
  }

  private undo(): Task {
    const { random } = this;
    const size = random.pick(SIZES);
    const start = random.chance(0.7) ? 0 : random.int(0, 200);
    const kind = random.int(0, 100);
    const among: Taking['among'] =
      kind < 40
        ? 'own'
        : kind < 60
          ? 'standing'
          : kind < 82
            ? 'waiting'
            : kind < 93
              ? 'all'
              : kind < 97
                ? 'undos'
                : 'none';
    const takings = Array.from({ length: size }, (_, nth): Taking => ({
      id: this.id(random.int(0, 25)),
      target: start + nth,
      among,
      note: random.chance(0.3) ? 'a mistake' : null,
    }));
    return { do: 'undo', by: random.chance(0.5) ? null : random.chance(0.05) ? 'vik' : random.pick(PEOPLE), takings };
  }

  private id(kind: number): Id {
    this.ids += 1;
    const id = `a0000000-0000-4000-8000-${String(this.ids).padStart(12, '0')}`;
    return { id, is: kind === 0 ? 'again' : kind === 1 ? 'reused' : 'fresh', rank: this.random.int(0, 40) };
  }

  private settings(): ReviewTask {
    const { random } = this;
    const kind = random.int(0, 10);
    if (kind < 7) {
      this.undoMinutes = random.pick([0, 10, 10, 60, 1440]);
      const share = random.pick([0, 0, 0.3, 0.7]);
      return {
        do: 'settings',
        above: random.pick([null, null, 30, 45, 70, 120]),
        share,
        undoMinutes: this.undoMinutes,
      };
    }
    if (kind < 9) return { do: 'appoint', login: 'carl', role: random.pick(['analyst', 'lead', 'viewer']) };
    return { do: 'reason', code: 'shared_network', decision: 'approve', isActive: random.chance(0.6) };
  }
}

/** The server's clock is a `Date`. */
function wholeMillis(micros: number): number {
  return Math.floor(micros / 1000) * 1000;
}
