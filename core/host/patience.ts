import { within } from './within.ts';

/**
 * How long the window waits for the server: a short while, and not at all once it said nothing in time, until something of it answers.
 * What is shown is in the cache; a network that swallows everything says nothing for as long as it is asked.
 */
export type Patience = {
  /**
   * What the work says in so many milliseconds, otherwise null; `late` gets what it says afterwards. Null at once, and nothing is
   * begun, while the server is silent. Rejects with what the work fails with in time.
   */
  ask<Value>(milliseconds: number, work: () => Promise<Value>, late?: (value: Value) => void): Promise<Value | null>;
  /** Something of the server has answered. */
  answered(): void;
};

/** `onSilent`: something was not answered in time. */
export function patienceWith(onSilent: () => void): Patience {
  let isSilent = false;
  return {
    async ask(milliseconds, work, late) {
      if (isSilent) return null;
      let isLate = false;
      const asked = work().then((value) => {
        isSilent = false;
        if (isLate) late?.(value);
        return { value };
      });
      const said = await within(milliseconds, asked);
      if (said !== null) return said.value;
      isLate = true;
      isSilent = true;
      onSilent();
      return null;
    },
    answered: () => void (isSilent = false),
  };
}
