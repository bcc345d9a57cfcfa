-- Patterns as they were when their referrals were last marked for scoring. Anybody who may write `fraud_patterns` may change
-- one: what was written since is found before every scoring.
CREATE TABLE umpire.pattern_states (
  pattern_id uuid PRIMARY KEY,
  pattern_type text NOT NULL,
  pattern_value text COLLATE "C" NOT NULL,
  -- The transaction that wrote the row last. One that was switched off and on again says what it said before, and was seen
  -- switched off by whoever scored meanwhile.
  writer text NOT NULL
);
INSERT INTO umpire.pattern_states
SELECT p.id, p.pattern_type::text, p.pattern_value, p.xmin::text
FROM referrals.fraud_patterns AS p WHERE EXISTS (SELECT 1 FROM umpire.pattern_keys AS k WHERE k.pattern_id = p.id);
