/*
 * What runs in the page, sent there as text: each function stands by itself. All but the scrolling leave in `benchPainted` the
 * milliseconds from the event to the frame after the one that drew what it led to.
 */
declare global {
  var benchPainted: Promise<number>;
  var benchTasks: () => Tasks;
}

/** From a key that does nothing: what a page needs at the least. */
export function followUnbound(): void {
  globalThis.benchPainted = new Promise((resolve) => {
    const begin = (): void => {
      const start = performance.now();
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start)));
    };
    addEventListener('keydown', begin, { capture: true, once: true });
  });
}

/** From a key to another case. */
export function followNextCase(): void {
  const region = document.querySelector('section[aria-label=Case]');
  const before = region?.getAttribute('data-item-id') ?? null;
  globalThis.benchPainted = new Promise((resolve, reject) => {
    if (region === null) return reject(new Error('there is no case pane'));
    setTimeout(() => reject(new Error(`the case is ${before} still`)), 10_000);
    let start = Number.NaN;
    addEventListener('keydown', () => (start = performance.now()), { capture: true, once: true });
    const seen = new MutationObserver(() => {
      const itemId = region.getAttribute('data-item-id');
      if (itemId === null || itemId === before) return;
      seen.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start)));
    });
    seen.observe(region, { attributes: true, attributeFilter: ['data-item-id'] });
  });
}

/** From a letter or a click to a queue of half as many rows, or twice as many: a few come and go by themselves. */
export function followQueue(): void {
  const grid = document.querySelector('[role=grid][aria-label=Queue]');
  const before = Number(grid?.getAttribute('aria-rowcount'));
  globalThis.benchPainted = new Promise((resolve, reject) => {
    if (grid === null) return reject(new Error('there is no queue'));
    setTimeout(() => reject(new Error(`the queue shows ${before} rows still`)), 10_000);
    let start = Number.NaN;
    const begin = (): void => {
      if (Number.isNaN(start)) start = performance.now();
    };
    addEventListener('input', begin, { capture: true, once: true });
    addEventListener('pointerup', begin, { capture: true, once: true });
    const seen = new MutationObserver(() => {
      const rows = Number(grid.getAttribute('aria-rowcount'));
      if (rows * 2 > before && before * 2 > rows) return;
      seen.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start)));
    });
    seen.observe(grid, { attributes: true, attributeFilter: ['aria-rowcount'] });
  });
}

export type Scrolled = { readonly framesPerSecond: number; readonly longestTask: number };

/** Three seconds through the queue: slowly, then as a thrown wheel does, then by leaps. */
export function followScrolling(): Promise<Scrolled> {
  const grid = document.querySelector('[role=grid][aria-label=Queue]');
  if (grid === null) return Promise.reject(new Error('there is no queue'));
  grid.scrollTop = 0;
  let longestTask = 0;
  const tasks = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration);
  });
  tasks.observe({ entryTypes: ['longtask'] });
  return new Promise((resolve) => {
    const start = performance.now();
    let frames = 0;
    const frame = (): void => {
      const at = performance.now() - start;
      frames += 1;
      grid.scrollTop += at < 1000 ? 40 : at < 2000 ? 400 : 40_000;
      if (at < 3000) requestAnimationFrame(frame);
      else {
        // What was under way is told with the next turn.
        setTimeout(() => {
          tasks.disconnect();
          resolve({ framesPerSecond: (frames * 1000) / at, longestTask });
        }, 200);
      }
    };
    requestAnimationFrame(frame);
  });
}

export type Tasks = { readonly longestTask: number; readonly longestWait: number };

/** From now on: the longest task, and the longest that something waited for its turn. `benchTasks` ends it. */
export function followTasks(): void {
  let longestTask = 0;
  let longestWait = 0;
  const tasks = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration);
  });
  tasks.observe({ entryTypes: ['longtask'] });
  const every = 20;
  let before = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longestWait = Math.max(longestWait, now - before - every);
    before = now;
  }, every);
  globalThis.benchTasks = () => {
    clearInterval(timer);
    tasks.disconnect();
    return { longestTask, longestWait };
  };
}
