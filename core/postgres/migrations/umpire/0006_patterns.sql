-- Patterns as they were when their referrals were last marked for scoring. Anybody who may write `fraud_patterns` may change
-- one: what differs from here is found before every scoring. A pattern's severity is what an analyst is shown, hence evidence.
CREATE TABLE umpire.pattern_states (
  pattern_id uuid PRIMARY KEY,
  pattern_type text NOT NULL,
  pattern_value text COLLATE "C" NOT NULL,
  severity text NOT NULL,
  score_impact integer NOT NULL,
  is_active boolean NOT NULL
);
INSERT INTO umpire.pattern_states
SELECT p.id, p.pattern_type::text, p.pattern_value, p.severity::text, p.score_impact, p.is_active
FROM referrals.fraud_patterns AS p WHERE EXISTS (SELECT 1 FROM umpire.pattern_keys AS k WHERE k.pattern_id = p.id);
