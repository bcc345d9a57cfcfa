/**
 * A seeded stream of numbers (sfc32, seeded by splitmix32): the same on every platform, since it knows whole numbers,
 * products and quotients only, no logarithm or sine.
 */
export class Random {
  readonly #seed: number;
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(seed: number) {
    // Both halves of a large whole number count.
    this.#seed = mix(seed >>> 0) ^ (Math.floor(seed / 0x1_0000_0000) >>> 0);
    this.#a = mix(this.#seed);
    this.#b = mix(this.#a);
    this.#c = mix(this.#b);
    for (let i = 0; i < 12; i++) this.uint();
  }

  /** A stream of its own for a part of the work: what one part draws does not shift the others. */
  child(label: string | number): Random {
    let hash = this.#seed ^ 0x9e37_79b9;
    for (const char of String(label)) hash = mix(hash ^ (char.codePointAt(0) ?? 0));
    return new Random(mix(hash));
  }

  /** 0 … 2³² − 1. */
  uint(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }

  /** 0 ≤ x < 1. */
  next(): number {
    return this.uint() / 0x1_0000_0000;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number, both ends included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** Between the two, most often near `low`; `power` 1 is even, 3 strongly skewed. */
  skewed(low: number, high: number, power = 2): number {
    let x = this.next();
    for (let i = 1; i < power; i++) x *= this.next();
    return low + x * (high - low);
  }

  pick<T>(list: readonly T[]): T {
    const item = list[Math.floor(this.next() * list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  weighted<T extends { readonly weight: number }>(list: readonly T[]): T {
    let left = this.next() * list.reduce((sum, item) => sum + item.weight, 0);
    for (const item of list) {
      left -= item.weight;
      if (left < 0) return item;
    }
    return this.pick(list);
  }

  /** `count` different members, or all there are. */
  sample<T>(list: readonly T[], count: number): T[] {
    const rest = [...list];
    const chosen: T[] = [];
    while (chosen.length < count && rest.length > 0) {
      chosen.push(...rest.splice(Math.floor(this.next() * rest.length), 1));
    }
    return chosen;
  }
}

/** splitmix32: a bijection on 32 bits, so different serials never meet. */
export function mix(value: number): number {
  let x = (value + 0x9e37_79b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0_aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a_2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
