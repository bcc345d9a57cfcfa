import type { Client } from '../../postgres/connection.ts';
import { keepCreations } from '../limits/kept-calls.ts';
import { waitForScoringThrough } from '../registration/scoring.ts';
import { contestedCodes, type Contest, loadContest } from './attempts.ts';
import { type CreationVerdict, judgeCreations } from './judge.ts';

type Judged = { readonly contest: Contest; readonly verdicts: ReadonlyMap<string, CreationVerdict> };

/**
 * Settles who made the codes that the page contests (SPEC 2). Codes that are made by another attempt than before, or by none any
 * more, are noted in `umpire_changed_codes`: registrations through them are settled again next.
 */
export async function settleCreations(client: Client): Promise<void> {
  const codes = await contestedCodes(client);
  if (codes.length === 0) return;
  await recordVerdicts(client, await judgeUndisturbed(client, codes));
}

/**
 * Whoever scores a referral through a code that would change hands finishes first: from then on the code stands, which may
 * change the verdicts in turn.
 */
async function judgeUndisturbed(client: Client, codes: readonly string[]): Promise<Judged> {
  const waited = new Set<string>();
  for (;;) {
    const contest = await loadContest(client, codes);
    const verdicts = judgeCreations(contest.attempts, contest.adopted);
    const displaced = contest.attempts.filter(
      ({ eventId, code }) =>
        contest.outcomes.get(eventId) === 'accepted' && verdicts.get(eventId) !== 'accepted' && !waited.has(code),
    );
    if (displaced.length === 0) return { contest, verdicts };
    for (const { code } of displaced) waited.add(code);
    await waitForScoringThrough(client, [...waited]);
  }
}

async function recordVerdicts(client: Client, { contest, verdicts }: Judged): Promise<void> {
  const changed = contest.attempts.flatMap(({ eventId, code }) => {
    const verdict = verdicts.get(eventId);
    const before = contest.outcomes.get(eventId) ?? null;
    return verdict === undefined || verdict === before ? [] : [{ eventId, code, verdict, before }];
  });
  // Those that lose a code first: it has one that made it at any time.
  for (const made of [false, true]) {
    const now = changed.filter(({ verdict }) => (verdict === 'accepted') === made);
    await client.query(
      `UPDATE umpire.code_events AS e SET outcome = v.outcome FROM unnest($1::text[], $2::text[]) AS v (event_id, outcome)
       WHERE e.event_id = v.event_id`,
      [now.map(({ eventId }) => eventId), now.map(({ verdict }) => verdict)],
    );
  }
  await keepCreations(
    client,
    changed.map(({ eventId }) => eventId),
  );
  const moved = changed.filter(({ verdict, before }) => verdict === 'accepted' || before === 'accepted');
  await client.query(
    `INSERT INTO umpire_changed_codes
     SELECT c.code, NOT EXISTS (SELECT 1 FROM umpire.code_events AS e WHERE e.code = c.code AND e.outcome = 'accepted')
     FROM (SELECT DISTINCT code FROM unnest($1::text[]) AS x (code)) AS c`,
    [moved.map(({ code }) => code)],
  );
}

/** Codes that nobody made any more go; whoever registered through one has been refused before this. */
export async function removeGoneCodes(client: Client): Promise<void> {
  await client.query(
    `DELETE FROM referrals.codes AS c USING umpire_changed_codes AS x WHERE x.is_gone AND c.code = x.code`,
  );
}
