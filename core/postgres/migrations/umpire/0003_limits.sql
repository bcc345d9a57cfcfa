-- Limits: who may make a code, look one up, and when; and what calls of a product's own back end need.

---------------------------------------------------------------------------------------------------------------------
-- Every attempt to make a code keeps what became of it, as registrations do. `outcome` is null until it is judged.
ALTER TABLE umpire.code_events
  ADD COLUMN outcome text,
  -- Somebody was told so by a live call: no longer contested. (A referral that was scored settles it too: code_stands.)
  ADD COLUMN is_settled boolean NOT NULL DEFAULT false;
CREATE INDEX code_events_owner_idx ON umpire.code_events ((fields ->> 'user_id'), at, event_id) WHERE kind = 'created';

-- What was made before limits were kept stands.
UPDATE umpire.code_events AS e SET
  outcome = CASE WHEN e.event_id = f.event_id THEN 'accepted' ELSE 'code_taken' END,
  is_settled = e.event_id = f.event_id
FROM (
  SELECT DISTINCT ON (m.code) m.code, m.event_id FROM umpire.code_events AS m LEFT JOIN referrals.codes AS c ON c.code = m.code
  WHERE m.kind = 'created' ORDER BY m.code, m.fields ->> 'user_id' IS DISTINCT FROM c.user_id, m.at, m.event_id
) AS f
WHERE e.code = f.code AND e.kind = 'created';

-- A code is made once.
CREATE UNIQUE INDEX code_events_made_idx ON umpire.code_events (code) WHERE outcome = 'accepted';

-- Every time a code was looked up, accepted or refused, whether there is such a code or not.
CREATE TABLE umpire.validations (
  event_id text COLLATE "C" PRIMARY KEY,
  at timestamptz NOT NULL,
  code text COLLATE "C" NOT NULL,
  ip_hash text COLLATE "C" NOT NULL,
  -- Null until it is judged.
  outcome text
);
CREATE INDEX validations_ip_idx ON umpire.validations (ip_hash, at, event_id);

-- The last instant that a live call was given, by what it was about: `user:<id>`, `code:<code>`, `pattern:<type>:<value>`. The next one is
-- later, whatever the server's clock says by then.
CREATE TABLE umpire.live_instants (
  subject text COLLATE "C" PRIMARY KEY,
  at timestamptz NOT NULL
);

-- In programme mode alone: in observe mode the table is the other service's.
INSERT INTO referrals.rate_limits (id, identifier, identifier_type, action, window_start, window_end)
SELECT md5('call:' || i.identifier_type || ':' || g.event_id)::uuid, i.identifier, i.identifier_type, 'registration', g.at, g.at + interval '1440 minutes'
FROM umpire.registrations AS g
CROSS JOIN LATERAL (VALUES ('code', g.code::text), ('user', g.referrer_id)) AS i (identifier_type, identifier)
WHERE g.outcome = 'accepted' AND g.at > now() - interval '1440 minutes' AND (i.identifier_type = 'code' OR NOT g.is_campaign)
  AND EXISTS (SELECT 1 FROM umpire.workspace WHERE mode = 'programme');

---------------------------------------------------------------------------------------------------------------------
-- Whether one more call at `at` would be too many: in its own window (at − span, at], or in that of a later one, which it
-- would fall into when the clock has stepped back.
CREATE FUNCTION umpire.is_full(identifier text, identifier_type text, action text, most integer, span interval, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH near AS MATERIALIZED (
    SELECT l.window_start AS at, l.count FROM referrals.rate_limits AS l
    WHERE l.identifier = is_full.identifier AND l.identifier_type = is_full.identifier_type AND l.action = is_full.action
      AND l.window_start > is_full.at - span AND l.window_start < is_full.at + span
  )
  SELECT coalesce(bool_or(x.calls >= most), false) FROM (
    SELECT (SELECT sum(n.count) FROM near AS n WHERE n.at > e.at - span AND n.at <= e.at) AS calls
    FROM (SELECT is_full.at UNION SELECT n.at FROM near AS n WHERE n.at > is_full.at) AS e (at)
  ) AS x
$$;

-- Counts a call where there is room for it and returns null; otherwise returns from when on there is. One caller for one
-- identifier at a time, until its transaction ends. `clock` null is the server's, read when it is this caller's turn.
CREATE FUNCTION umpire.count_call(identifier text, identifier_type text, action text, most integer, span interval, clock timestamptz) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  at timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(7226031, hashtext(identifier_type || ':' || action || ':' || identifier));
  at := coalesce(clock, clock_timestamp());
  IF umpire.is_full(identifier, identifier_type, action, most, span, at) THEN
    RETURN coalesce((
      SELECT min(l.window_start + span) FROM referrals.rate_limits AS l
      WHERE l.identifier = count_call.identifier AND l.identifier_type = count_call.identifier_type AND l.action = count_call.action
        AND l.window_start > at - span AND l.window_start < at + 2 * span
        AND NOT umpire.is_full(identifier, identifier_type, action, most, span, l.window_start + span)
    ), at + span);
  END IF;
  INSERT INTO referrals.rate_limits (identifier, identifier_type, action, window_start, window_end)
  VALUES (identifier, identifier_type, action, at, at + span);
  RETURN NULL;
END $$;
