let usedAt = performance.now();

for (const kind of ['pointerdown', 'pointermove', 'wheel', 'keydown']) {
  addEventListener(
    kind,
    () => {
      usedAt = performance.now();
    },
    { capture: true, passive: true },
  );
}

/** When somebody last touched this window, on the clock of `performance.now()`: what an empty chair does not do. */
export function lastUsedAt(): number {
  return usedAt;
}
