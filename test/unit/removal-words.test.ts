import { describe, expect, it } from 'vitest';
import { lossRefusal, removedWords } from '../../core/host/removal-words.ts';

const NOTHING = { waiting: 0, troubled: 0, awaitingSecond: 0 };

describe('what is said of a copy that is taken away', () => {
  it('says what stays, and what becomes of it', () => {
    expect(removedWords(NOTHING)).toBe('The copy of the queue was removed from this computer.');
    expect(removedWords({ ...NOTHING, waiting: 1 })).toMatch(
      /removed from this computer\. 1 decision that no server has taken stays on this computer, to be sent when the login is enabled again\.$/,
    );
    expect(removedWords({ ...NOTHING, awaitingSecond: 2 })).toMatch(
      /2 decisions that a second analyst has not confirmed stay on this computer, to be shown when/,
    );
    expect(removedWords({ waiting: 1, troubled: 1, awaitingSecond: 0 })).toMatch(
      /1 decision that no server has taken, 1 decision that came back and nobody has settled stay on this computer, to be sent and shown when/,
    );
  });
});

describe('why a copy is not removed', () => {
  it('is what would be lost with it, or that nobody knows', () => {
    expect(lossRefusal(0)).toBeNull();
    expect(lossRefusal(2)).toMatch(/^2 decisions .* would be lost with the copy\. Nothing was removed\.$/);
    expect(lossRefusal(null)).toMatch(/cannot be read, so that nobody knows .*Nothing was removed\.$/);
  });
});
