import type { Client } from '../postgres/connection.ts';
import { fireKept } from './kept.ts';
import { detectPatterns } from './patterns/detect.ts';
import type { RuleSet } from './rule-set.ts';
import type { Signal } from './signal.ts';
import { SIGNALS } from './signals/index.ts';

/** Fills `umpire_fired` with every signal and pattern that fires for `umpire_batch`. */
export async function detectAll(client: Client, rules: RuleSet): Promise<void> {
  for (const signal of SIGNALS) {
    if (!rules.disabled.includes(signal.name)) await detect(client, signal, rules);
  }
  await detectPatterns(client);
  await fireKept(client, rules);
}

async function detect(client: Client, signal: Signal, rules: RuleSet): Promise<void> {
  const points = rules.points[signal.name];
  if ('sql' in signal) {
    await client.query(
      `INSERT INTO umpire_fired (relationship_id, signal, points, evidence)
       SELECT relationship_id, $1, $2, evidence FROM (${signal.sql}) AS fired`,
      [signal.name, points],
    );
    return;
  }
  const fired = await signal.detect(client);
  await client.query(
    `INSERT INTO umpire_fired (relationship_id, signal, points, evidence)
     SELECT relationship_id, $1, $2, evidence FROM unnest($3::uuid[], $4::jsonb[]) AS f (relationship_id, evidence)`,
    [
      signal.name,
      points,
      fired.map(({ relationshipId }) => relationshipId),
      fired.map(({ evidence }) => JSON.stringify(evidence)),
    ],
  );
}
