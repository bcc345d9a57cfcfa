-- Accounts, settings and reasons: what `umpire admin` calls. Logins are roles of the cluster, and only the owner of these functions
-- may make and change them; each function says for itself what its caller may do. Passwords come as SCRAM verifiers, made by
-- whoever calls: no server log and no statement ever shows one.

-- The caller, who must administer: the engine outranks an admin in rights to data, and administers nothing.
CREATE FUNCTION umpire.administrator(given timestamptz, OUT actor text, OUT role text, OUT clock timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  SELECT c.actor, c.role, c.clock INTO actor, role, clock FROM umpire.caller(NULL, given, 'viewer') AS c;
  IF role NOT IN ('admin', 'owner') THEN
    RAISE EXCEPTION 'This takes the role admin, and the login % is %.', actor, role USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

CREATE FUNCTION umpire.check_verifier(verifier text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF verifier IS NULL OR verifier !~ '^SCRAM-SHA-256\$[0-9]{1,9}:[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' THEN
    RAISE EXCEPTION 'A password is given as its SCRAM-SHA-256 verifier, and never itself.' USING ERRCODE = 'invalid_password';
  END IF;
END $$;

-- What colleagues read, in a line of its own: nothing in it moves a cursor or ends the line.
CREATE FUNCTION umpire.check_words(what text, words text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF words IS NULL OR btrim(words) = '' OR length(btrim(words)) > 100 OR words ~ '[[:cntrl:]]' THEN
    RAISE EXCEPTION '% has 1 to 100 characters, and no control characters.', what USING ERRCODE = 'check_violation';
  END IF;
END $$;

-- Raises where the caller has not the power to give this role: an admin makes admins, only the owner makes engines.
CREATE FUNCTION umpire.check_grantable(wanted text, has text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF wanted IS NULL OR wanted NOT IN ('viewer', 'analyst', 'lead', 'admin', 'engine') THEN
    RAISE EXCEPTION 'There is no role %: it is viewer, analyst, lead, admin or engine.', wanted USING ERRCODE = 'undefined_object';
  END IF;
  IF wanted = 'engine' AND has <> 'owner' THEN
    RAISE EXCEPTION 'Only the owner makes engine logins.' USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

-- The account of this name, locked. Raises where there is none, or where its login can do more than the caller: somebody may
-- have given it rights outside of here, and whoever sets its password has them.
CREATE FUNCTION umpire.own_account(name text, has text) RETURNS umpire.accounts
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  account umpire.accounts;
BEGIN
  SELECT a.* INTO account FROM umpire.accounts AS a WHERE a.login = name FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no account %.', name USING ERRCODE = 'undefined_object', HINT = '`umpire admin list` lists them.';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles AS r WHERE r.rolname = name) THEN
    RAISE EXCEPTION 'The login of the account % is not on this server any more.', name USING ERRCODE = 'undefined_object';
  END IF;
  IF has <> 'owner' AND EXISTS (
    SELECT 1 FROM pg_roles AS r WHERE r.rolname = name
      AND (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
        OR EXISTS (SELECT 1 FROM pg_roles AS g WHERE pg_has_role(r.oid, g.oid, 'MEMBER')
          AND g.oid <> r.oid AND g.rolname NOT IN ('umpire_viewer', 'umpire_analyst', 'umpire_lead', 'umpire_admin')))
  ) THEN
    RAISE EXCEPTION 'The login % can do more than an admin: only the owner changes it.', name USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN account;
END $$;

-- Ends the sessions of a login, in every database of this server, the caller's own excepted; returns how many. Waits a second for each.
CREATE FUNCTION umpire.cut_sessions(name text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  pids integer[];
BEGIN
  -- The list of sessions is otherwise that of the transaction's first look.
  PERFORM pg_stat_clear_snapshot();
  SELECT array_agg(s.pid) INTO pids FROM pg_stat_activity AS s WHERE s.usename = name AND s.pid <> pg_backend_pid();
  -- All of them are told before any is waited for.
  PERFORM pg_terminate_backend(p) FROM unnest(pids) AS p;
  RETURN (SELECT count(*) FILTER (WHERE pg_terminate_backend(p, 1000)) FROM unnest(pids) AS p);
END $$;

-- Changes a login, ends its sessions and takes the chain lock; returns how many sessions ended. Whoever is to go may hold that lock,
-- or its own entry among the roles, in a transaction left open, and may come back until this is committed: so it is cut off again
-- for as long as it takes.
CREATE FUNCTION umpire.change_login(name text, change text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
  ended integer := 0;
BEGIN
  FOR attempt IN 1 .. 30 LOOP
    ended := ended + umpire.cut_sessions(name);
    BEGIN
      EXECUTE format('ALTER ROLE %I %s', name, change);
      ended := ended + umpire.cut_sessions(name);
      PERFORM 1 FROM umpire.audit_head FOR UPDATE;
      RETURN ended;
    EXCEPTION
      -- The last one: its entry was changed meanwhile.
      WHEN lock_not_available OR internal_error THEN NULL;
    END;
  END LOOP;
  RAISE EXCEPTION 'The login % was not changed: somebody else keeps the audit log locked. Try again.', name USING ERRCODE = 'lock_not_available';
END $$;

-- Makes a login with one of Umpire's roles.
CREATE FUNCTION umpire.create_account(name text, wanted text, display text, verifier text, given timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  caller record;
BEGIN
  SELECT * INTO caller FROM umpire.administrator(given);
  PERFORM umpire.check_grantable(wanted, caller.role);
  PERFORM umpire.check_verifier(verifier);
  IF name IS NULL OR name !~ '^[a-z][a-z0-9_.-]{1,62}$' OR name ~ '^(pg_|umpire_)' OR name IN ('public', 'none') THEN
    RAISE EXCEPTION 'A login is 2 to 63 of the characters a-z 0-9 _ . -, begins with a letter, and not with pg_ or umpire_; nor is it public or none.'
      USING ERRCODE = 'invalid_name';
  END IF;
  IF display IS NOT NULL THEN PERFORM umpire.check_words('A name', display); END IF;
  IF EXISTS (SELECT 1 FROM pg_roles AS r WHERE r.rolname = name) THEN
    RAISE EXCEPTION 'There is a login % on this server already, of this database or of another. Nothing was changed.', name
      USING ERRCODE = 'duplicate_object', HINT = 'Where it is the same person, whoever made it grants it umpire_' || wanted || '.';
  END IF;
  INSERT INTO umpire.accounts (login, role, display_name, created_by, created_at)
  VALUES (name, wanted, btrim(display), caller.actor, caller.clock);
  EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT PASSWORD %L', name, verifier);
  -- A person has one or two windows; the server's connections are not one person's to use up. Machines of the engine share a login.
  EXECUTE format('ALTER ROLE %I CONNECTION LIMIT %s', name, CASE wanted WHEN 'engine' THEN -1 ELSE 20 END);
  EXECUTE format('GRANT %I TO %I', 'umpire_' || wanted, name);
  -- Whoever is to end its sessions must have its rights (PostgreSQL 16 gives the maker of a role none by itself).
  IF current_setting('server_version_num')::int >= 160000 THEN
    EXECUTE format('GRANT %I TO CURRENT_USER WITH INHERIT TRUE, SET FALSE', name);
  ELSE
    EXECUTE format('GRANT %I TO CURRENT_USER', name);
  END IF;
  PERFORM umpire.append_audit('account', caller.actor, NULL, jsonb_build_object('login', name, 'change', 'created', 'role', wanted), caller.clock);
END $$;

-- Gives an account another password, and ends its sessions.
CREATE FUNCTION umpire.set_account_password(name text, verifier text, given timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  caller record;
BEGIN
  SELECT * INTO caller FROM umpire.administrator(given);
  PERFORM umpire.check_verifier(verifier);
  PERFORM umpire.own_account(name, caller.role);
  PERFORM umpire.change_login(name, format('PASSWORD %L', verifier));
  PERFORM umpire.append_audit('account', caller.actor, NULL, jsonb_build_object('login', name, 'change', 'password'), caller.clock);
END $$;

-- Gives an account another role; what it had before is taken.
CREATE FUNCTION umpire.set_account_role(name text, wanted text, given timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  caller record;
  account umpire.accounts;
  kept text;
BEGIN
  SELECT * INTO caller FROM umpire.administrator(given);
  account := umpire.own_account(name, caller.role);
  PERFORM umpire.check_grantable(wanted, caller.role);
  IF name = caller.actor THEN
    RAISE EXCEPTION 'Nobody changes their own role: another admin does.' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF account.role = wanted THEN RETURN; END IF;
  EXECUTE format('REVOKE %I FROM %I', 'umpire_' || account.role, name);
  EXECUTE format('GRANT %I TO %I', 'umpire_' || wanted, name);
  EXECUTE format('ALTER ROLE %I CONNECTION LIMIT %s', name, CASE wanted WHEN 'engine' THEN -1 ELSE 20 END);
  SELECT g.rolname INTO kept FROM pg_auth_members AS m JOIN pg_roles AS g ON g.oid = m.roleid JOIN pg_roles AS r ON r.oid = m.member
  WHERE r.rolname = name AND g.rolname LIKE 'umpire\_%' AND g.rolname <> 'umpire_' || wanted LIMIT 1;
  IF kept IS NOT NULL THEN
    RAISE EXCEPTION 'Somebody else gave the login % the role %: whoever did takes it away first.', name, kept USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE umpire.accounts AS a SET role = wanted WHERE a.login = name;
  PERFORM umpire.append_audit('account', caller.actor, NULL,
    jsonb_build_object('login', name, 'change', 'role', 'before', account.role, 'role', wanted), caller.clock);
END $$;

-- Lets an account log in, or no more, and ends its sessions. Afterwards `end_sessions` ends those that came back before this was
-- committed; they have no role here by then.
CREATE FUNCTION umpire.set_account_enabled(name text, is_enabled boolean, given timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  caller record;
  account umpire.accounts;
BEGIN
  SELECT * INTO caller FROM umpire.administrator(given);
  account := umpire.own_account(name, caller.role);
  IF name = caller.actor THEN
    RAISE EXCEPTION 'Nobody disables their own account: another admin does.' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (account.disabled_at IS NULL) = is_enabled THEN RETURN; END IF;
  PERFORM umpire.change_login(name, CASE WHEN is_enabled THEN 'LOGIN' ELSE 'NOLOGIN' END);
  UPDATE umpire.accounts AS a SET disabled_at = CASE WHEN is_enabled THEN NULL ELSE caller.clock END WHERE a.login = name;
  PERFORM umpire.append_audit('account', caller.actor, NULL,
    jsonb_build_object('login', name, 'change', CASE WHEN is_enabled THEN 'enabled' ELSE 'disabled' END), caller.clock);
END $$;

-- Ends the sessions of an account, in every database of this server; returns how many. One's own goes on.
CREATE FUNCTION umpire.end_sessions(name text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  caller record;
BEGIN
  SELECT * INTO caller FROM umpire.administrator(NULL);
  PERFORM umpire.own_account(name, caller.role);
  RETURN umpire.cut_sessions(name);
END $$;

-- Ends sessions of reviewers in this database that keep the programme waiting: what they locked longer ago than this, and advisory
-- locks, which they have no use for. Returns the logins. Of logins that were not made by `umpire admin` it ends those only whose
-- role was granted to the owner of this function.
CREATE FUNCTION umpire.end_obstructions(older_than interval DEFAULT '60 seconds') RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM umpire.caller(NULL, NULL, 'engine');
  PERFORM pg_stat_clear_snapshot();
  RETURN QUERY
  SELECT DISTINCT e.login FROM (
    SELECT s.usename::text AS login, pg_terminate_backend(s.pid) AS is_ended
    FROM pg_stat_activity AS s JOIN pg_roles AS r ON r.oid = s.usesysid
    WHERE s.datname = current_database() AND s.backend_type = 'client backend' AND NOT r.rolsuper
      AND pg_has_role(r.oid, 'umpire_viewer', 'MEMBER') AND NOT pg_has_role(r.oid, 'umpire_engine', 'MEMBER')
      AND NOT pg_has_role(r.oid, (SELECT c.relowner FROM pg_class AS c WHERE c.oid = to_regclass('umpire.workspace')), 'MEMBER')
      AND pg_has_role(r.oid, 'USAGE')
      -- Without a transaction id of its own nothing is locked that anybody waits for.
      AND (s.backend_xid IS NOT NULL AND s.xact_start < clock_timestamp() - older_than
        OR EXISTS (SELECT 1 FROM pg_locks AS l WHERE l.pid = s.pid AND l.locktype = 'advisory'))
    OFFSET 0
  ) AS e WHERE e.is_ended;
END $$;

-- Changes settings of the review: only those that are named in `changes`. Returns all as they stand, but the salt.
CREATE FUNCTION umpire.change_settings(changes jsonb, given timestamptz DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  caller record;
  before jsonb;
  stands jsonb;
  unknown text;
  wrong record;
BEGIN
  SELECT * INTO caller FROM umpire.administrator(given);
  IF changes IS NULL OR jsonb_typeof(changes) <> 'object' THEN
    RAISE EXCEPTION 'The settings to change are a JSON object.' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT to_jsonb(s) - 'one' - 'second_review_salt' INTO STRICT before FROM umpire.review_settings AS s FOR UPDATE;
  SELECT k INTO unknown FROM jsonb_object_keys(changes) AS k WHERE NOT before ? k LIMIT 1;
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'There is no setting %.', unknown USING ERRCODE = 'undefined_object';
  END IF;
  -- Refused here: what the table's own constraint says of a row shows the salt.
  SELECT c.key, c.value, a.says INTO wrong
  FROM jsonb_each(changes) AS c
  JOIN (VALUES ('second_review_above', 0, 2147483647, true, 'a whole number from 0, or null'),
    ('second_review_share', 0, 1, false, 'a number from 0 to 1'), ('undo_minutes', 0, 1440, true, 'a whole number from 0 to 1440'),
    ('claim_minutes', 1, 60, true, 'a whole number from 1 to 60')) AS a (key, least, most, is_whole, says) ON a.key = c.key
  WHERE NOT CASE jsonb_typeof(c.value)
    WHEN 'number' THEN (c.value #>> '{}')::numeric BETWEEN a.least AND a.most
      AND (NOT a.is_whole OR (c.value #>> '{}')::numeric = trunc((c.value #>> '{}')::numeric))
    WHEN 'null' THEN c.key = 'second_review_above'
    ELSE false
  END LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'The setting % is %, and not %.', wrong.key, wrong.says, left(wrong.value::text, 40) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  UPDATE umpire.review_settings AS s SET
    second_review_above = CASE WHEN changes ? 'second_review_above' THEN (changes ->> 'second_review_above')::numeric::integer ELSE s.second_review_above END,
    second_review_share = CASE WHEN changes ? 'second_review_share' THEN (changes ->> 'second_review_share')::numeric ELSE s.second_review_share END,
    undo_minutes = CASE WHEN changes ? 'undo_minutes' THEN (changes ->> 'undo_minutes')::numeric::integer ELSE s.undo_minutes END,
    claim_minutes = CASE WHEN changes ? 'claim_minutes' THEN (changes ->> 'claim_minutes')::numeric::integer ELSE s.claim_minutes END;
  SELECT to_jsonb(s) - 'one' - 'second_review_salt' INTO STRICT stands FROM umpire.review_settings AS s;
  IF stands <> before THEN
    PERFORM umpire.append_audit('settings', caller.actor, NULL, jsonb_build_object('before', before, 'after', stands), caller.clock);
  END IF;
  RETURN stands;
END $$;

-- Adds a reason, or brings back one that was retired, with this label.
CREATE FUNCTION umpire.add_reason(name text, words text, decides text, given timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  caller record;
  known umpire.reason_codes;
BEGIN
  SELECT * INTO caller FROM umpire.administrator(given);
  IF name IS NULL OR name !~ '^[a-z][a-z0-9_]{0,63}$' THEN
    RAISE EXCEPTION 'A reason code is at most 64 of the characters a-z 0-9 _ and begins with a letter.' USING ERRCODE = 'invalid_name';
  END IF;
  PERFORM umpire.check_words('The label of a reason', words);
  IF decides IS NULL OR decides NOT IN ('approve', 'reject', 'escalate') THEN
    RAISE EXCEPTION 'A reason is for approve, reject or escalate.' USING ERRCODE = 'check_violation';
  END IF;
  LOCK TABLE umpire.reason_codes IN SHARE ROW EXCLUSIVE MODE;
  SELECT r.* INTO known FROM umpire.reason_codes AS r WHERE r.code = name;
  IF known.is_active THEN
    RAISE EXCEPTION 'There is a reason % already: %.', name, known.label USING ERRCODE = 'duplicate_object';
  END IF;
  IF known.decision <> decides THEN
    RAISE EXCEPTION 'The reason % was one to %, and decisions name it: take another code.', name, known.decision USING ERRCODE = 'duplicate_object';
  END IF;
  INSERT INTO umpire.reason_codes AS r (code, label, decision, position)
  VALUES (name, btrim(words), decides, (SELECT coalesce(max(o.position), -1) + 1 FROM umpire.reason_codes AS o))
  ON CONFLICT (code) DO UPDATE SET label = excluded.label, is_active = true;
  PERFORM umpire.append_audit('reason_code', caller.actor, NULL,
    jsonb_build_object('code', name, 'change', 'added', 'label', btrim(words), 'decision', decides), caller.clock);
END $$;

-- No new decision may name it; those that do keep it.
CREATE FUNCTION umpire.retire_reason(name text, given timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  caller record;
  known umpire.reason_codes;
BEGIN
  SELECT * INTO caller FROM umpire.administrator(given);
  LOCK TABLE umpire.reason_codes IN SHARE ROW EXCLUSIVE MODE;
  SELECT r.* INTO known FROM umpire.reason_codes AS r WHERE r.code = name AND r.is_active;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no active reason %.', name USING ERRCODE = 'undefined_object', HINT = '`umpire admin reasons` lists them.';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM umpire.reason_codes AS o WHERE o.decision = known.decision AND o.is_active AND o.code <> name) THEN
    RAISE EXCEPTION '% is the last reason to %: add another one first.', name, known.decision USING ERRCODE = 'object_in_use';
  END IF;
  UPDATE umpire.reason_codes AS r SET is_active = false WHERE r.code = name;
  PERFORM umpire.append_audit('reason_code', caller.actor, NULL, jsonb_build_object('code', name, 'change', 'retired'), caller.clock);
END $$;

-- Whether somebody has a part in a referral that is or was reviewed: of whom a case shows what follows.
CREATE FUNCTION umpire.is_reviewed(who text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM referrals.relationships AS r JOIN referrals.review_queue AS q ON q.relationship_id = r.id WHERE r.referee_id = who)
    OR EXISTS (SELECT 1 FROM referrals.relationships AS r JOIN referrals.review_queue AS q ON q.relationship_id = r.id WHERE r.referrer_id = who);
END $$;
CREATE VIEW umpire.usages_seen WITH (security_barrier) AS
SELECT u.user_id, u.app_id, u.at FROM umpire.usages AS u WHERE umpire.is_reviewed(u.user_id);
CREATE VIEW umpire.purchases_seen WITH (security_barrier) AS
SELECT p.user_id, p.amount, p.at FROM umpire.purchases AS p WHERE umpire.is_reviewed(p.user_id);
CREATE VIEW umpire.sightings_seen WITH (security_barrier) AS
SELECT s.event_id, s.at, s.user_id, s.network_hashes, s.ip_country, s.ip_asn, s.fingerprint_id
FROM umpire.sightings AS s WHERE umpire.is_reviewed(s.user_id);

CREATE VIEW umpire.people_seen WITH (security_barrier) AS
SELECT u.id, u.email, k.email_local FROM auth.users AS u LEFT JOIN umpire.users AS k ON k.user_id = u.id WHERE umpire.is_reviewed(u.id);

-- The people that a search of the queue means: by a pattern over name and e-mail, or by id. Looked for here, so that whether
-- somebody is reviewed is asked of the few that match and not of everybody.
CREATE FUNCTION umpire.found_people(pattern text, id text) RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  IF umpire.login_role() IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT f.id FROM (
    SELECT u.id FROM auth.users AS u WHERE u.name ILIKE pattern OR u.email ILIKE pattern OR u.id = id OFFSET 0
  ) AS f WHERE umpire.is_reviewed(f.id);
END $$;

-- What a case shows of a user's credits, for logins that read no ledger.
CREATE OR REPLACE FUNCTION umpire.credits_of(who text) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF umpire.login_role() IS NULL OR NOT umpire.has_ledger() OR NOT umpire.is_reviewed(who) THEN RETURN NULL; END IF;
  RETURN (SELECT b.balance + b.free_credits_remaining FROM credits.balances AS b WHERE b.user_id = who);
END $$;

-- Decisions that took effect, taken back since or not, and those that said the same; leads see the others too. What waits for a
-- second analyst, and what was answered by it since, nobody knows but whoever made it, the engine and the owner: a lead or an admin
-- may be the second, or tell whoever is.
CREATE VIEW umpire.decisions_made WITH (security_barrier) AS
SELECT d.decision_id, d.item_id, d.relationship_id, d.actor, d.on_behalf_of, d.decision, d.reason, d.note, d.band, d.score, d.rule_set_version,
  d.outcome, d.decided_at, d.batch, d.undoes, d.undo_kind, d.undone_by
FROM umpire.decisions AS d CROSS JOIN (SELECT umpire.login_role() AS role OFFSET 0) AS l
WHERE l.role IN ('owner', 'engine')
  OR coalesce(d.on_behalf_of, d.actor) = session_user
  OR (d.outcome ->> 'outcome' IN ('applied', 'agreed') AND d.undo_kind IS DISTINCT FROM 'withdrawal' OR l.role IN ('lead', 'admin'))
    AND NOT EXISTS (
      SELECT 1 FROM umpire.decisions AS p
      WHERE p.item_id = d.item_id AND p.proposal = 'open' AND coalesce(p.on_behalf_of, p.actor) <> session_user
        -- What the same analyst made before it was seen before, and stays to be seen.
        AND coalesce(d.on_behalf_of, d.actor) = coalesce(p.on_behalf_of, p.actor) AND d.tx >= p.tx);

-- For the evidence bundle of a case: each decision and undo on a referral that the caller may know, oldest first, with what was
-- known, what it found and did to the bonuses, and the entry of the audit log that vouches for it.
CREATE FUNCTION umpire.record_of(relationship uuid) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM umpire.caller(NULL, NULL, 'viewer');
  RETURN QUERY
  SELECT jsonb_build_object(
    'decisionId', d.decision_id, 'itemId', d.item_id, 'at', d.decided_at, 'actor', d.actor, 'onBehalfOf', d.on_behalf_of,
    'decision', d.decision, 'reason', d.reason, 'note', d.note, 'outcome', d.outcome ->> 'outcome', 'undoes', d.undoes, 'undoKind', d.undo_kind,
    'undoneBy', d.undone_by, 'band', d.band, 'score', d.score, 'ruleSetVersion', d.rule_set_version,
    'paid', coalesce((d.outcome ->> 'paid')::int, 0), 'rejected', coalesce((d.outcome ->> 'rejected')::int, 0),
    'reversed', coalesce((d.outcome ->> 'reversed')::int, 0),
    'signals', (SELECT k.signals FROM umpire.decisions AS o JOIN umpire.known_evidence AS k ON k.digest = o.evidence_digest WHERE o.decision_id = d.decision_id),
    'bonuses', coalesce((
      SELECT jsonb_agg(jsonb_build_object('bonusId', e.bonus_id, 'statusBefore', e.status_before, 'holdReasonBefore', e.hold_reason_before,
        'holdUntilBefore', e.hold_until_before, 'done', e.done, 'credits', e.credits) ORDER BY e.bonus_id)
      FROM umpire.decision_effects AS e WHERE e.decision_id = d.decision_id), '[]'),
    'audit', (
      SELECT jsonb_build_object('seq', a.seq, 'at', a.at, 'previous', a.previous, 'hash', a.hash, 'batch', d.batch,
        'digest', a.details ->> 'digest', 'items', (a.details ->> 'items')::int,
        'hashed', umpire.audit_text(a.previous, a.seq, a.at, a.actor, a.on_behalf_of, a.kind, a.details))
      FROM umpire.audit_log AS a
      WHERE a.kind IN ('decisions', 'undos') AND a.details ->> 'batch' = d.batch::text ORDER BY a.seq LIMIT 1))
  FROM umpire.decisions_made AS d WHERE d.relationship_id = record_of.relationship
  ORDER BY d.decided_at, (d.outcome ->> 'version')::int, d.decision_id;
END $$;

-- Whether this was once the head of the log: whoever was told one may ask, without reading the log.
CREATE FUNCTION umpire.has_head(seq bigint, hash text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM umpire.caller(NULL, NULL, 'viewer');
  RETURN has_head.seq = 0 AND has_head.hash = repeat('0', 64)
    OR EXISTS (SELECT 1 FROM umpire.audit_log AS a WHERE a.seq = has_head.seq AND a.hash = has_head.hash);
END $$;

-- One entry of the log is found by its batch.
CREATE INDEX audit_log_batch_idx ON umpire.audit_log ((details ->> 'batch')) WHERE kind IN ('decisions', 'undos');

-- Bonuses as reviewers see them. A hold for the second analyst shows as the band's: whoever is second must not know of a first.
CREATE VIEW umpire.bonuses_seen AS
SELECT b.id, b.relationship_id, b.user_id, b.event_type, b.app_id, b.credits_final, b.tier_at_time, b.tier_multiplier, b.status,
  CASE b.hold_reason WHEN 'second_review' THEN (SELECT 'fraud_' || s.held_band FROM umpire.scores AS s WHERE s.relationship_id = b.relationship_id) ELSE b.hold_reason END AS hold_reason,
  CASE WHEN b.hold_reason IS DISTINCT FROM 'second_review' THEN b.hold_until
    ELSE (SELECT s.first_held_at + interval '48 hours' FROM umpire.scores AS s WHERE s.relationship_id = b.relationship_id AND s.held_band = 'medium') END AS hold_until,
  b.released_at, b.created_at
FROM referrals.bonus_events AS b;

-- Referrals of the medium band whose holds end within a day of `clock`; those that wait for a second analyst as if they did not.
CREATE FUNCTION umpire.holds_ending(clock timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM umpire.caller(NULL, NULL, 'viewer');
  RETURN (SELECT count(*) FROM (
    SELECT b.relationship_id FROM referrals.bonus_events AS b
    WHERE b.status = 'held' AND b.hold_reason = 'fraud_medium' AND b.hold_until >= clock AND b.hold_until < clock + interval '24 hours'
    UNION
    SELECT b.relationship_id FROM umpire.decisions AS d JOIN umpire.bonuses_seen AS b ON b.relationship_id = d.relationship_id
    WHERE d.proposal = 'open' AND b.status = 'held' AND b.hold_reason = 'fraud_medium' AND b.hold_until >= clock AND b.hold_until < clock + interval '24 hours'
  ) AS h);
END $$;

-- Decisions go with their referral, where its owner deletes that. What is left of their batch is vouched for anew; `verify` accepts
-- that of referrals that are gone, and of no others.
CREATE FUNCTION umpire.audit_forgotten() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM umpire.append_audit('forgotten', session_user, NULL, jsonb_build_object(
    'batch', OLD.batch, 'decision', OLD.decision_id, 'referral', OLD.relationship_id,
    'items', (SELECT count(*) FROM umpire.decisions AS d WHERE d.batch = OLD.batch), 'digest', umpire.decisions_digest(OLD.batch)), clock_timestamp());
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER decisions_forgotten AFTER DELETE ON umpire.decisions
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION umpire.audit_forgotten();
