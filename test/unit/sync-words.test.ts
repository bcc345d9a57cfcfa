import { describe, expect, it, test } from 'vitest';
import type { ConflictView, SyncStatus } from '../../core/contract/sync.ts';
import { UNDELIVERED } from '../../core/domain/outbox.ts';
import { otherCopyWords } from '../../renderer/features/settings/other-copy-words.ts';
import { lossWords } from '../../renderer/features/settings/loss-words.ts';
import { countOf, sectionsOf } from '../../renderer/features/sync/outbox-filter.ts';
import { againWords, nobodyWords, unchangedWords, whoWords } from '../../renderer/features/sync/conflict-words.ts';
import { differences } from '../../renderer/features/sync/evidence-diff.ts';
import { ago, linkWords, nextTryWords, troubledWords } from '../../renderer/features/sync/link-words.ts';
import { pagesWanted } from '../../renderer/features/sync/outbox-rows.ts';
import {
  cameBackWords,
  creditWords,
  rowTitle,
  alikeWords,
  manyWords,
  sessionBackWords,
  signOf,
  standing,
  whatWords,
} from '../../renderer/features/sync/outbox-words.ts';
import { mayWithdraw, rowWords } from '../../renderer/features/sync/row-words.ts';
import { shownRows } from '../../renderer/features/queue/shown-rows.ts';
import type { QueueRow } from '../../core/contract/queue.ts';
import { size } from '../../renderer/ui/format.ts';
import { outboxRow } from '../support/outbox-row.ts';

const NOW = new Date(2026, 2, 1, 14, 10, 0).getTime();
const at = (hours: number, minutes: number): string => new Date(2026, 2, 1, hours, minutes).toISOString();

function status(change: Partial<SyncStatus>): SyncStatus {
  return {
    link: 'online',
    offlineSince: null,
    reason: null,
    nextTryAt: null,
    pulledAt: new Date(NOW - 2_000).toISOString(),
    pulling: null,
    kept: { wanted: 5_000, present: 5_000 },
    waiting: 0,
    troubled: 0,
    awaitingSecond: 0,
    clockAhead: 0,
    ...change,
  };
}

describe('removing the copy', () => {
  it('says what is nowhere else: what was not delivered, and what came back and nobody has settled', () => {
    expect(lossWords({ undelivered: 0, unsettled: 0 })).toMatch(/nothing is lost/);
    expect(lossWords({ undelivered: 0, unsettled: 1 })).toBe(
      'What would be lost is nowhere else: 1 decision that came back and nobody has settled.',
    );
    expect(lossWords({ undelivered: 2, unsettled: 1 })).toMatch(/2 decisions not delivered, 1 decision that came back/);
  });
});

describe('the foot of the window', () => {
  it('says on-line how fresh it is and what waits', () => {
    expect(linkWords(status({}), NOW)).toMatchObject({ sign: '●', text: 'on-line · synced 2 s ago · 0 waiting' });
  });

  it('says on-line what is wrong with the copy', () => {
    expect(linkWords(status({ reason: 'The disk is full.' }), NOW)).toMatchObject({
      tone: 'plain',
      text: 'on-line · synced 2 s ago · 0 waiting · The disk is full.',
    });
  });

  it('says off-line since when, what waits, when it was synced, why, and when it is tried next', () => {
    const offline = status({
      link: 'offline',
      offlineSince: at(14, 2),
      pulledAt: at(13, 58),
      waiting: 12,
      reason: 'The server does not answer.',
      nextTryAt: new Date(NOW + 12_000).toISOString(),
    });
    expect(linkWords(offline, NOW)).toEqual({
      sign: '○',
      tone: 'plain',
      text: 'off-line since 14:02 · 12 decisions waiting · last sync 13:58',
      title: 'The server does not answer. Next try in 12 s.',
    });
  });

  it('says how far a first pull is, and that there was none', () => {
    const first = status({ pulledAt: null, pulling: { done: 12_000, total: 50_000 } });
    expect(linkWords(first, NOW).text).toBe('filling the cache 12,000 of 50,000');
    expect(linkWords({ ...first, pulling: { done: 12, total: null } }, NOW).text).toBe('filling the cache 12');
    expect(linkWords(status({ link: 'offline', pulledAt: null, waiting: 1 }), NOW).text).toBe(
      'off-line · 1 decision waiting · never synced',
    );
  });

  it('says what needs a person, and nothing where nothing does', () => {
    expect([0, 1, 3].map(troubledWords)).toEqual(['', '1 needs you', '3 need you']);
  });

  it('stays sensible when the clock was set back', () => {
    expect(ago(new Date(NOW + 86_400_000).toISOString(), NOW)).toBe('just now');
    expect(nextTryWords(new Date(NOW - 5_000).toISOString(), NOW)).toBe('Trying now.');
  });
});

describe('a row of the outbox', () => {
  it('says what it is', () => {
    expect(rowTitle(outboxRow({}))).toBe('Rejection of 118 Lena K.');
    expect(rowTitle(outboxRow({ kind: 'undo', decision: null }))).toBe('Undo on 118 Lena K.');
    expect(whatWords(outboxRow({ kind: 'object' }))).toBe('To a lead: reject');
  });

  it('says where it is, and once a person has settled it, how', () => {
    expect(standing(outboxRow({ state: 'conflict' }))).toBe('Decided otherwise');
    const settled = outboxRow({ state: 'conflict', resolution: 'kept' });
    expect([standing(settled), signOf(settled)]).toEqual(['Settled: left as it is', 'settled']);
    expect(standing(outboxRow({ kind: 'object', state: 'applied' }))).toBe('With a lead');
    const refused = outboxRow({ kind: 'object', state: 'rejected', resolution: 'kept' });
    expect([standing(refused), signOf(refused)]).toEqual(['Refused', 'withdrawn']);
  });

  it('says what it moved, or would move; nothing of what has no effect', () => {
    const credits = { rejected: 65, reversed: 40 };
    expect(creditWords(outboxRow({ ...credits, state: 'queued' }))).toBe('Rejects 65, takes back 40');
    expect(creditWords(outboxRow({ ...credits, state: 'applied' }))).toBe('Rejected 65, took back 40');
    expect(creditWords(outboxRow({ ...credits, state: 'conflict' }))).toBe('');
  });

  it('that was undone says so, moves nothing any more, and is not offered to be taken back', () => {
    const applied = outboxRow({ state: 'applied', rejected: 40 });
    const undone = outboxRow({ ...applied, isUndone: true });
    expect([standing(applied), signOf(applied), creditWords(applied)]).toEqual(['Applied', 'applied', 'Rejected 40']);
    expect([standing(undone), signOf(undone), creditWords(undone)]).toEqual(['Undone', 'withdrawn', '']);
    expect(rowWords(applied)).toBe('What has its effect is taken back in the case.');
    // Nor is an undo itself, or what a lead has.
    for (const row of [undone, outboxRow({ ...applied, kind: 'undo' }), outboxRow({ ...applied, kind: 'object' })]) {
      expect(rowWords(row)).toBeNull();
    }
  });

  it('that came back alone says why; of several how many there are', () => {
    const one = outboxRow({ state: 'returned' });
    expect(cameBackWords([one])).toBe('Not rejected: 118 Lena K. · the case has changed since you saw it');
    expect(cameBackWords([one, one, one])).toBe('3 decisions came back and need you.');
  });
});

describe('what came back', () => {
  const now: ConflictView['now'] = {
    version: 3,
    score: 80,
    priority: 'high',
    ruleSetVersion: 1,
    signals: [],
    status: 'pending',
  };
  const theirs: ConflictView['theirs'] = {
    decisionId: '01890000-0000-7000-8000-000000000200',
    by: 'noor',
    mine: null,
    at: at(12, 0),
    decision: 'escalate',
    reason: 'needs_lead',
    note: null,
  };
  const takenBack: ConflictView['takenBack'] = { ...theirs, undone: { by: 'lena', at: at(12, 5), note: 'A family' } };
  const view: ConflictView = {
    row: outboxRow({ state: 'returned' }),
    seen: now,
    now,
    theirs: null,
    takenBack: null,
    changes: [],
    isBehind: false,
    may: { redecide: true, handToLead: false, retry: false },
    takesBackFirst: false,
    why: null,
    alike: { troubled: 1, toHand: 1 },
  };

  it('says that nothing stands, and not that nobody has decided: it may have been taken back', () => {
    expect(nobodyWords(view)).toBe('No decision stands: the case is open.');
    const conflict = { ...view, row: outboxRow({ state: 'conflict' }) };
    expect(nobodyWords(conflict)).toBe('It was taken back since: the case is open again.');
    expect(nobodyWords({ ...view, now: { ...now, status: 'approved' } })).toBe(
      'Who decided is not known on this computer.',
    );
    expect(nobodyWords({ ...view, now: null })).toBe('The item is no longer in the queue.');
  });

  it('says that nothing changed only where that is known, and what did where it was taken back', () => {
    expect(unchangedWords(view)).toBe('Nothing: score, band and signals are as you saw them.');
    expect(unchangedWords({ ...view, takenBack })).toBe(
      'Nothing: score, band and signals are as you saw them. A decision was taken back.',
    );
    expect(unchangedWords({ ...view, isBehind: true })).toBe('What changed is not known here yet.');
  });

  it('says that deciding again takes theirs back only where it does', () => {
    expect(againWords({ ...view, theirs, takesBackFirst: true })).toBe(
      'Deciding again takes noor’s escalation back first.',
    );
    expect(againWords({ ...view, theirs })).toBe('Deciding again answers noor’s escalation.');
    expect(againWords(view)).toBe('Leave it as it is, or decide again on what is known now.');
    const may = { ...view.may, redecide: false };
    expect(againWords({ ...view, theirs, may, why: 'It is with a lead.' })).toBe('It is with a lead.');
  });

  it('names who decided, and oneself elsewhere', () => {
    expect([whoWords(theirs), whoWords({ ...theirs, mine: 'elsewhere' })]).toEqual(['noor', 'noor (you, elsewhere)']);
  });
});

describe('the list of the outbox', () => {
  it('has what needs a person first, then what was not delivered, each once; or the newest', () => {
    const [first, second, rest, ...more] = sectionsOf({ view: 'all', order: 'open' });
    expect([first, second, rest?.troubled, more]).toEqual([
      { states: [], troubled: true },
      { states: UNDELIVERED },
      false,
      [],
    ]);
    expect(rest?.states.filter((state) => UNDELIVERED.includes(state))).toEqual([]);
    expect(sectionsOf({ view: 'all', order: 'newest' })).toEqual([{ states: [] }]);
    expect(sectionsOf({ view: 'troubled', order: 'open' })).toEqual([{ states: [], troubled: true }]);
  });

  it('counts its views', () => {
    const byState = { queued: 3, sending: 1, applied: 7, conflict: 2 } as Parameters<typeof countOf>[1];
    expect([countOf('all', byState, 1), countOf('waiting', byState, 1), countOf('troubled', byState, 1)]).toEqual([
      13, 4, 1,
    ]);
  });

  it('reads the pages that are on the screen, of each part after its first', () => {
    expect(pagesWanted([250, 1000], 0, 40)).toEqual([]);
    expect(pagesWanted([250, 1000], 190, 260)).toEqual([
      { section: 0, page: 1 },
      { section: 0, page: 2 },
    ]);
    expect(pagesWanted([250, 1000], 700, 740)).toEqual([{ section: 1, page: 4 }]);
  });
});

describe('what changed in the evidence', () => {
  it('is told line by line, most points first', () => {
    const seen = {
      version: 1,
      score: 64,
      priority: 'high',
      ruleSetVersion: 1,
      signals: [
        { name: 'same_ip', points: 40 },
        { name: 'rapid_registration', points: 24 },
      ],
    } as const;
    const now = {
      ...seen,
      score: 90,
      priority: 'critical',
      signals: [
        { name: 'same_ip', points: 40 },
        { name: 'same_device', points: 50 },
      ],
    } as const;
    const told = differences({ ...seen, signals: [...seen.signals] }, { ...now, signals: [...now.signals] }).map(
      (line) => [line.name, line.seen, line.now, line.changed],
    );
    expect(told).toEqual([
      ['Score', '64', '90', true],
      ['Band', 'high', 'critical', true],
      ['Same device', null, '+50', true],
      ['Same address', '+40', '+40', false],
      ['Rapid registration', '+24', null, true],
    ]);
  });
});

describe('the queue', () => {
  it('leaves out what was decided here as it was then, and shows what the host says of it afterwards', () => {
    const row = (change: Partial<QueueRow>): QueueRow =>
      ({ itemId: 'a', version: 3, status: 'pending', ...change }) as QueueRow;
    const shows = (shown: QueueRow, version: number | null): boolean =>
      shownRows(1, [{ total: 1, offset: 0, rows: [shown] }], new Map([['a', { version, status: 'pending' }]])).total ===
      1;
    expect(shows(row({}), 3)).toBe(false);
    expect(shows(row({ version: 4 }), 3)).toBe(true);
    // Not sent yet, it has its old version, and the status that the decision gives it.
    expect(shows(row({ status: 'rejected' }), 3)).toBe(true);
    // It waits for a second analyst, in a version of its own.
    expect(shows(row({ version: 9 }), null)).toBe(false);
  });
});

describe('a size on disk', () => {
  it.each([
    [12_000, '12 kB'],
    [84_000_000, '84 MB'],
    [1_240_000_000, '1.2 GB'],
  ])('%i bytes are %s', (bytes, words) => {
    expect(size(bytes)).toBe(words);
  });
});

test('what waits says what withdrawing it leaves, and what may have arrived is not withdrawn', () => {
  expect(rowWords(outboxRow({ kind: 'decide' }))).toMatch(/the case is as it was before/);
  expect(rowWords(outboxRow({ kind: 'undo' }))).toMatch(/the decision stands/);
  expect(rowWords(outboxRow({ kind: 'object' }))).toMatch(/what came back is to be settled again/);
  expect(mayWithdraw(outboxRow({}))).toBe(true);
  // The server has answered, and said no.
  const notTaken = outboxRow({ attempts: 1, message: 'This login may only look at present.' });
  expect(rowWords(notTaken)).toMatch(/^The server does not take it at present.*can be withdrawn/);
  const sentOnce = outboxRow({ attempts: 1, inDoubt: true });
  expect(mayWithdraw(sentOnce)).toBe(false);
  expect(rowWords(sentOnce)).toMatch(/cannot be withdrawn/);
});

test('what came back of a session tells how many came back like it, and which of them no lead is to be asked about', () => {
  expect(alikeWords({ troubled: 1, toHand: 1 })).toBeNull();
  expect(alikeWords({ troubled: 240, toHand: 240 })).toBe('239 more of this bulk session came back like it.');
  expect(alikeWords({ troubled: 3, toHand: 2 })).toBe(
    '2 more of this bulk session came back like it. 1 of them all is open, or a lead has it already.',
  );
  expect(manyWords(outboxRow({ kind: 'undo', decision: null }), 240)).toBe('240 undos of a bulk session');
});

test('a bulk session that is taken back tells what was withdrawn and what is undone', () => {
  expect(sessionBackWords({ withdrawn: 180, undos: 60 })).toBe(
    '180 decisions withdrawn before they were sent, 60 undos put into the outbox for what was sent',
  );
  expect(sessionBackWords({ withdrawn: 1, undos: 0 })).toBe('1 decision withdrawn before it was sent');
  expect(sessionBackWords({ withdrawn: 0, undos: 0 })).toBe('nothing of it is left to take back');
});

describe('what waits in another copy', () => {
  const other = {
    copy: '00112233445566aa',
    address: '127.0.0.1:5432/review',
    login: 'mira',
    undelivered: 3,
    unsettled: 0,
    why: null,
  };
  it('says how much, whose, and where to send it', () => {
    expect(otherCopyWords(other)).toEqual({
      what: '3 decisions made as mira on 127.0.0.1:5432/review wait in another copy on this computer',
      hint: 'Connect there as mira to send them.',
    });
    expect(otherCopyWords({ ...other, undelivered: 1 })).toEqual({
      what: '1 decision made as mira on 127.0.0.1:5432/review waits in another copy on this computer',
      hint: 'Connect there as mira to send it.',
    });
    expect(otherCopyWords({ ...other, unsettled: 2, login: '' })).toEqual({
      what: '5 decisions made on 127.0.0.1:5432/review wait in another copy on this computer',
      hint: 'Connect there to send them. 3 of them not delivered, 2 that came back and nobody has settled.',
    });
  });
  it('in which nothing waits says that it is there all the same', () => {
    const empty = { ...other, undelivered: 0 };
    expect(otherCopyWords(empty)).toEqual({
      what: 'Another copy on this computer, made as mira on 127.0.0.1:5432/review, in which no decision waits',
      hint: 'It keeps its queue, with names and evidence, until it is removed.',
    });
    expect(otherCopyWords({ ...empty, why: 'It is another server.' }).hint).toMatch(/^It is another server. It keeps/);
  });
  it('says why it stays where it is, and what is not known', () => {
    expect(otherCopyWords({ ...other, why: 'It waits for its turn.' }).hint).toBe('It waits for its turn.');
    expect(otherCopyWords({ ...other, address: null, login: null, undelivered: null, why: 'Locked.' })).toEqual({
      what: 'Another copy on this computer, made on a connection that is not known, cannot be read',
      hint: 'Locked.',
    });
  });
});
