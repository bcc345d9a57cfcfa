import { describe, expect, it, test } from 'vitest';
import { takenOverInWords } from '../../renderer/features/case/claim-words.ts';
import { renewAfter } from '../../renderer/features/case/renew-after.ts';
import { filterWords } from '../../renderer/features/queue/queue-filter.ts';
import { COMMANDS, commandsOf, shownKeys, type Command } from '../../renderer/ui/commands.ts';
import { initials, remaining } from '../../renderer/ui/format.ts';

const ALL: readonly Command[] = COMMANDS;

describe('words of the window', () => {
  it('tells time left in one unit', () => {
    expect([599_900, 60_000, 59_900, 0, -5].map(remaining)).toEqual(['9 min', '1 min', '59 s', '0 s', '0 s']);
  });

  it.each([
    ['mira.rossi', 'MR'],
    ['lena', 'LE'],
    ['till.schneider@acme.example', 'TS'],
    ['Österreich Ü', 'ÖÜ'],
    ['x', 'X'],
  ])('shortens %s to %s', (name, short) => {
    expect(initials(name)).toBe(short);
  });

  it('says a filter in words', () => {
    expect(
      filterWords({
        statuses: ['pending'],
        priorities: ['critical', 'high'],
        signals: [],
        search: 'lena',
        order: 'score',
        scoreFrom: 90,
        unclaimed: true,
      }),
    ).toBe('pending, critical or high, score from 90, “lena”, nobody else on it');
  });
});

describe('the keyboard map', () => {
  it('has each key once, but for what no screen has both of: a case or what came back, evidence or a report', () => {
    const keys = [...new Set(ALL.flatMap((command) => command.keys))];
    const shared = keys.filter((key) => commandsOf(key).length > 1);
    expect(shared).toEqual(['shift+t', 'mod+s']);
  });

  it('repeats nothing but moving and choosing while a key is held', () => {
    const repeated = ALL.filter((command) => command.repeats === true).map((command) => command.id);
    expect(repeated).toEqual(['next', 'previous', 'selectDown', 'selectUp']);
  });

  it('writes keys as the system does', () => {
    const shown = (id: string, platform: string): string =>
      ALL.filter((command) => command.id === id).map((command) => shownKeys(command, platform))[0] ?? '';
    expect(['palette', 'selectDown', 'bulks', 'run', 'unselect'].map((id) => shown(id, 'linux'))).toEqual([
      'Ctrl+K',
      'Shift+J',
      'g b',
      'Ctrl+Enter',
      'Esc',
    ]);
    expect(['palette', 'selectDown'].map((id) => shown(id, 'darwin'))).toEqual(['⌘K', '⇧J']);
  });
});

test('taking a case from somebody off-line says that nobody was asked', () => {
  expect(takenOverInWords('off_line', 'noor')).toBe('Not taken over from noor: there is no contact with the server.');
  expect(takenOverInWords('unanswered', 'noor')).toMatch(/is not known/);
});

describe('renewing a claim', () => {
  const NOW = Date.parse('2026-03-01T10:00:00Z');

  it('comes at half of what is left of it', () => {
    expect(renewAfter('2026-03-01T10:02:00Z', NOW)).toBe(60_000);
  });

  it('comes in time whatever the clock of this machine says', () => {
    expect(renewAfter('2026-02-20T10:00:00Z', NOW)).toBe(25_000);
    expect(renewAfter('2026-03-09T10:00:00Z', NOW)).toBe(120_000);
    expect(renewAfter(null, NOW)).toBe(120_000);
  });
});
