import type { Scheduler } from './scheduler.ts';

/** What `pg_snapshot` says: everything before `xmin` is over, nothing from `xmax` on has begun, those in between are listed while they run. */
export type Snapshot = { readonly xmin: number; readonly xmax: number; readonly running: ReadonlySet<number> };

export function isVisible(xid: number, { xmax, running }: Snapshot): boolean {
  return xid < xmax && !running.has(xid);
}

export function textOf({ xmin, xmax, running }: Snapshot): string {
  return `${xmin}:${xmax}:${[...running].sort((a, b) => a - b).join(',')}`;
}

export function snapshotOf(text: string): Snapshot {
  const [xmin = '', xmax = '', list = ''] = text.split('#', 1)[0]?.split(':') ?? [];
  const running = new Set(list === '' ? [] : list.split(',').map(Number));
  return { xmin: Number(xmin), xmax: Number(xmax), running };
}

type Waiting = { readonly rows: readonly string[]; readonly start: () => void };

/**
 * Transactions as Postgres has them in READ COMMITTED: the id is given at the first write, which may be long before the rows of
 * interest are locked; what they do is seen when they commit, which they do in any order.
 */
export class Transactions {
  next = 100;
  private readonly running = new Set<number>();
  private readonly locked = new Set<string>();
  private waiting: Waiting[] = [];
  private life = 0;

  private readonly scheduler: Scheduler;
  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  get isIdle(): boolean {
    return this.running.size === 0;
  }

  snapshot(): Snapshot {
    return { xmin: Math.min(this.next, ...this.running), xmax: this.next, running: new Set(this.running) };
  }

  /** Locks these rows, and commits after so long: `commit` is what it does, all at once. Rejects where the server went down before. */
  run<Value>(rows: readonly string[], milliseconds: number, commit: (xid: number) => Value): Promise<Value> {
    const xid = this.next;
    this.next += 1;
    this.running.add(xid);
    const { life } = this;
    return new Promise((resolve, reject) => {
      const start = (): void => {
        for (const row of rows) this.locked.add(row);
        this.scheduler.after(milliseconds, () => {
          if (life !== this.life) {
            reject(new Error('the server went down'));
            return;
          }
          const value = commit(xid);
          this.running.delete(xid);
          for (const row of rows) this.locked.delete(row);
          resolve(value);
          this.startWaiting();
        });
      };
      this.waiting.push({ rows, start });
      this.startWaiting();
    });
  }

  /** The server goes down: what runs has no effect. Ids go on from `next`, which a backup sets back. */
  crash(next: number): void {
    this.life += 1;
    this.next = next;
    this.running.clear();
    this.locked.clear();
    this.waiting = [];
  }

  private startWaiting(): void {
    const still: Waiting[] = [];
    // Rows that an earlier one waits for are not taken by a later one.
    const claimed = new Set<string>();
    for (const one of this.waiting) {
      if (one.rows.some((row) => this.locked.has(row) || claimed.has(row))) {
        still.push(one);
        for (const row of one.rows) claimed.add(row);
      } else one.start();
    }
    this.waiting = still;
  }
}
