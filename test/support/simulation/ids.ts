/** Ids in the order of their making, each as Postgres writes a uuid. */
export class Ids {
  private count = 0;

  next(): string {
    this.count += 1;
    return `00000000-0000-4000-8000-${this.count.toString(16).padStart(12, '0')}`;
  }
}

/** An id as a trace tells it. */
export function short(id: string): string {
  return `#${Number.parseInt(id.slice(-12), 16)}`;
}
