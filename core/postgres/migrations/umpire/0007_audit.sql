-- The audit chain, who calls, and the settings of a review. Every function that a login without the engine's rights may call is
-- SECURITY DEFINER: its rights are those of the owner, its actor is `session_user`, which no SET ROLE changes.
-- core/postgres/rights.ts says who may call what.

-- One entry a batch (SPEC 4). Ids and digests only: what is personal lies elsewhere and may go.
CREATE TABLE umpire.audit_log (
  seq bigint PRIMARY KEY,
  -- Finite, because it is hashed as a number.
  at timestamptz NOT NULL CHECK (isfinite(at)),
  actor text NOT NULL,
  on_behalf_of text,
  kind text NOT NULL,
  details jsonb NOT NULL,
  previous text NOT NULL,
  -- SHA-256 over everything before it in this row; hexadecimal.
  hash text NOT NULL
);

-- The last entry. Locking this row is the chain lock, and it is the last lock that a transaction takes.
CREATE TABLE umpire.audit_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  seq bigint NOT NULL,
  hash text NOT NULL
);
INSERT INTO umpire.audit_head (seq, hash) VALUES (0, repeat('0', 64));

-- What is hashed of an entry, as text.
CREATE FUNCTION umpire.audit_text(previous text, seq bigint, at timestamptz, actor text, on_behalf_of text, kind text, details jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_array(previous, seq, (extract(epoch FROM at) * 1000000)::bigint, actor, on_behalf_of, kind, details)::text
$$;
CREATE FUNCTION umpire.audit_hash(previous text, seq bigint, at timestamptz, actor text, on_behalf_of text, kind text, details jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT encode(sha256(convert_to(umpire.audit_text(previous, seq, at, actor, on_behalf_of, kind, details), 'UTF8')), 'hex')
$$;

-- Appends one entry; returns its number. To be called last in its transaction. The actor is the login: who has the right to call
-- this still cannot write in another's name.
CREATE FUNCTION umpire.append_audit(kind text, actor text, on_behalf_of text, details jsonb, clock timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  head umpire.audit_head;
  digest text;
BEGIN
  IF actor IS DISTINCT FROM session_user THEN
    RAISE EXCEPTION 'The audit log names the login %, and nobody else, as the actor.', session_user USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT * INTO STRICT head FROM umpire.audit_head FOR UPDATE;
  digest := umpire.audit_hash(head.hash, head.seq + 1, clock, actor, on_behalf_of, kind, details);
  INSERT INTO umpire.audit_log (seq, at, actor, on_behalf_of, kind, details, previous, hash)
  VALUES (head.seq + 1, clock, actor, on_behalf_of, kind, details, head.hash, digest);
  UPDATE umpire.audit_head AS h SET seq = head.seq + 1, hash = digest;
  RETURN head.seq + 1;
END $$;

CREATE FUNCTION umpire.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'The audit log is only ever appended to.' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_log_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON umpire.audit_log
FOR EACH STATEMENT EXECUTE FUNCTION umpire.refuse_change();

-- Logins made by `umpire admin`. Other logins that have a role here work too; this is who is known by name.
CREATE TABLE umpire.accounts (
  login text PRIMARY KEY,
  role text NOT NULL CHECK (role IN ('viewer', 'analyst', 'lead', 'admin', 'engine')),
  display_name text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  disabled_at timestamptz
);

-- What the login is here: the highest of owner, engine, admin, lead, analyst, viewer; NULL for none of them, and for an account that
-- is disabled, which may have a session left. A membership that gives no rights by itself, such as that of whoever made the role, is
-- none.
CREATE FUNCTION umpire.login_role() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT k.role FROM (
    SELECT 0 AS rank, 'owner' AS role, c.relowner AS oid FROM pg_class AS c WHERE c.oid = to_regclass('umpire.workspace')
    UNION ALL
    SELECT n.rank::int, n.role, r.oid FROM unnest(ARRAY['engine', 'admin', 'lead', 'analyst', 'viewer']) WITH ORDINALITY AS n (role, rank)
    JOIN pg_roles AS r ON r.rolname = 'umpire_' || n.role
  ) AS k WHERE pg_has_role(session_user, k.oid, 'USAGE')
    AND NOT EXISTS (SELECT 1 FROM umpire.accounts AS a WHERE a.login = session_user AND a.disabled_at IS NOT NULL)
  ORDER BY k.rank LIMIT 1
$$;

-- Who calls. `--as` and `--now` serve owner and engine only. Whom one stands for acts with their own account's role; somebody
-- without an account with the owner's. Raises insufficient_privilege where the login has no role here or may not do this.
CREATE FUNCTION umpire.caller(stands_for text, given timestamptz, at_least text, OUT actor text, OUT on_behalf_of text, OUT who text, OUT role text, OUT clock timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ranks constant text[] := ARRAY['viewer', 'analyst', 'lead', 'admin', 'engine', 'owner'];
BEGIN
  actor := session_user;
  role := umpire.login_role();
  IF role IS NULL THEN
    RAISE EXCEPTION 'The login % has no role in Umpire.', actor USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (stands_for IS NOT NULL OR given IS NOT NULL) AND role NOT IN ('owner', 'engine') THEN
    RAISE EXCEPTION 'Only the owner and the engine act on behalf of others or by another clock.' USING ERRCODE = 'insufficient_privilege';
  END IF;
  on_behalf_of := stands_for;
  who := coalesce(stands_for, actor);
  clock := coalesce(given, clock_timestamp());
  IF stands_for IS NOT NULL THEN
    role := coalesce((SELECT a.role FROM umpire.accounts AS a WHERE a.login = stands_for), role);
  END IF;
  IF array_position(ranks, role) < array_position(ranks, at_least) THEN
    RAISE EXCEPTION 'A % may not do this; it takes at least the role %.', role, at_least USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

-- One row: how reviews are made here.
CREATE TABLE umpire.review_settings (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- Credits at stake above which a decision needs a second pair of eyes; NULL: none does for its amount.
  second_review_above integer CHECK (second_review_above >= 0),
  -- Share of the items, chosen by chance, that need one whatever is at stake.
  second_review_share numeric NOT NULL DEFAULT 0 CHECK (second_review_share BETWEEN 0 AND 1),
  -- Makes the choice unforeseeable: readable by nobody who decides.
  second_review_salt text NOT NULL DEFAULT gen_random_uuid()::text,
  -- How long whoever decided may undo; later it takes a lead.
  undo_minutes integer NOT NULL DEFAULT 10 CHECK (undo_minutes BETWEEN 0 AND 1440),
  -- A claim that is not renewed ends after so long.
  claim_minutes integer NOT NULL DEFAULT 5 CHECK (claim_minutes BETWEEN 1 AND 60)
);
INSERT INTO umpire.review_settings DEFAULT VALUES;

---------------------------------------------------------------------------------------------------------------------
-- What changes the rules is audited by whoever changes it, by SQL too. At the end of the transaction: the chain lock is the last.
CREATE FUNCTION umpire.audit_rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM umpire.append_audit('rules', session_user, NULL,
    jsonb_build_object('version', coalesce(NEW.version, OLD.version),
      'change', CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END)
    || CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE
      jsonb_build_object('points', NEW.points, 'thresholds', NEW.thresholds, 'disabled', NEW.disabled) END, clock_timestamp());
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER rule_sets_audited AFTER INSERT OR UPDATE OR DELETE ON umpire.rule_sets
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION umpire.audit_rules();
SELECT umpire.append_audit('rules', session_user, NULL, jsonb_build_object('version', s.version, 'change', 'created',
  'points', s.points, 'thresholds', s.thresholds, 'disabled', s.disabled), clock_timestamp())
FROM (SELECT * FROM umpire.rule_sets ORDER BY version) AS s;

-- `pattern_states` is written when a change to a pattern is taken over: one by an event, or one that somebody made by SQL and the
-- engine found. Ids only: what a pattern looks for may be somebody's address.
CREATE FUNCTION umpire.audit_pattern() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM umpire.append_audit('pattern', session_user, NULL,
    jsonb_build_object('pattern', coalesce(NEW.pattern_id, OLD.pattern_id),
      'change', CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END,
      'otherValue', TG_OP = 'UPDATE' AND (NEW.pattern_type, NEW.pattern_value) IS DISTINCT FROM (OLD.pattern_type, OLD.pattern_value))
    || coalesce((SELECT jsonb_build_object('type', p.pattern_type, 'severity', p.severity, 'points', p.score_impact, 'active', p.is_active)
                 FROM referrals.fraud_patterns AS p WHERE p.id = NEW.pattern_id), '{}'), clock_timestamp());
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER patterns_audited AFTER INSERT OR DELETE ON umpire.pattern_states
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION umpire.audit_pattern();
CREATE CONSTRAINT TRIGGER pattern_changes_audited AFTER UPDATE ON umpire.pattern_states
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION umpire.audit_pattern();
