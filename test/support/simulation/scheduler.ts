import type { Timers } from '../../../core/sync/timers.ts';

type Event = { readonly at: number; readonly nth: number; readonly run: () => void; isCancelled: boolean };

/** Time that passes only when everything has happened that the moment before brought about. */
export class Scheduler implements Timers {
  /** Milliseconds since the beginning. */
  now = 0;
  private readonly heap: Event[] = [];
  private count = 0;

  after(milliseconds: number, run: () => void): () => void {
    this.count += 1;
    const event: Event = { at: this.now + Math.max(0, milliseconds), nth: this.count, run, isCancelled: false };
    this.push(event);
    return () => {
      event.isCancelled = true;
    };
  }

  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(milliseconds, resolve);
    });
  }

  /** Runs what is due up to this time. */
  async runTo(time: number): Promise<void> {
    await settled();
    for (;;) {
      const [next] = this.heap;
      if (next === undefined || next.at > time) break;
      this.pop();
      if (next.isCancelled) continue;
      this.now = next.at;
      next.run();
      await settled();
    }
    this.now = time;
  }

  private push(event: Event): void {
    const { heap } = this;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = event;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.nth < b.nth);
}

/** Until no promise has anything more to do: all of them end before the next turn of the event loop. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
