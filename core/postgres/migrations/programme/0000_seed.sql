-- The seed document's tables, and the two schemas it refers to (SPEC 1). Nothing that is there already is touched.
CREATE SCHEMA IF NOT EXISTS auth;
CREATE SCHEMA IF NOT EXISTS credits;
CREATE SCHEMA IF NOT EXISTS referrals;

DO $$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT * FROM (VALUES
      ('user_role', ARRAY['user', 'admin', 'service']),
      ('transaction_type', ARRAY['purchase', 'usage', 'refund', 'bonus', 'expiry', 'adjustment']),
      ('transaction_status', ARRAY['pending', 'completed', 'failed', 'cancelled']),
      ('referral_code_type', ARRAY['auto', 'custom', 'campaign']),
      ('referral_status', ARRAY['registered', 'activated', 'qualified', 'retained']),
      ('referral_tier', ARRAY['bronze', 'silver', 'gold', 'platinum']),
      ('bonus_event_type', ARRAY['registered', 'activated', 'qualified', 'retained', 'cross_app']),
      ('bonus_status', ARRAY['pending', 'paid', 'held', 'rejected']),
      ('fraud_pattern_type', ARRAY['email_domain', 'ip_range', 'device_pattern']),
      ('fraud_severity', ARRAY['low', 'medium', 'high', 'critical']),
      ('review_status', ARRAY['pending', 'approved', 'rejected', 'escalated'])
    ) AS enums (name, labels)
  LOOP
    IF to_regtype('public.' || wanted.name) IS NULL THEN
      EXECUTE format('CREATE TYPE public.%I AS ENUM (%s)', wanted.name,
        (SELECT string_agg(quote_literal(label), ', ' ORDER BY position)
         FROM unnest(wanted.labels) WITH ORDINALITY AS l (label, position)));
    END IF;
  END LOOP;
END $$;

CREATE TABLE IF NOT EXISTS auth.users (
  id text PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL CONSTRAINT users_email_unique UNIQUE,
  email_verified boolean NOT NULL DEFAULT false,
  image text,
  role public.user_role NOT NULL DEFAULT 'user',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);

CREATE TABLE IF NOT EXISTS credits.balances (
  user_id text PRIMARY KEY CONSTRAINT balances_user_id_users_id_fk REFERENCES auth.users (id) ON DELETE CASCADE,
  balance integer NOT NULL DEFAULT 0,
  free_credits_remaining integer NOT NULL DEFAULT 0,
  daily_free_credits integer NOT NULL DEFAULT 0,
  last_daily_reset_at timestamptz,
  total_earned integer NOT NULL DEFAULT 0,
  total_spent integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS credits.transactions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id text NOT NULL CONSTRAINT transactions_user_id_users_id_fk REFERENCES auth.users (id) ON DELETE CASCADE,
  type public.transaction_type NOT NULL,
  status public.transaction_status NOT NULL DEFAULT 'pending',
  amount integer NOT NULL,
  balance_before integer NOT NULL,
  balance_after integer NOT NULL,
  app_id text NOT NULL,
  description text NOT NULL,
  metadata jsonb,
  idempotency_key text CONSTRAINT transactions_idempotency_key_unique UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz
);
CREATE INDEX IF NOT EXISTS transactions_user_idx ON credits.transactions (user_id);

CREATE TABLE IF NOT EXISTS referrals.codes (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id text NOT NULL CONSTRAINT codes_user_id_users_id_fk REFERENCES auth.users (id) ON DELETE CASCADE,
  code text NOT NULL CONSTRAINT codes_code_unique UNIQUE,
  type public.referral_code_type NOT NULL DEFAULT 'auto',
  source_app_id text,
  is_active boolean NOT NULL DEFAULT true,
  uses_count integer NOT NULL DEFAULT 0,
  max_uses integer,
  expires_at timestamptz,
  metadata text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS codes_lookup_idx ON referrals.codes (code);
CREATE INDEX IF NOT EXISTS codes_user_idx ON referrals.codes (user_id);
CREATE INDEX IF NOT EXISTS codes_active_idx ON referrals.codes (is_active);

CREATE TABLE IF NOT EXISTS referrals.relationships (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  referrer_id text NOT NULL CONSTRAINT relationships_referrer_id_users_id_fk REFERENCES auth.users (id) ON DELETE CASCADE,
  referee_id text NOT NULL CONSTRAINT relationships_referee_id_unique UNIQUE
    CONSTRAINT relationships_referee_id_users_id_fk REFERENCES auth.users (id) ON DELETE CASCADE,
  code_id uuid NOT NULL CONSTRAINT relationships_code_id_codes_id_fk REFERENCES referrals.codes (id) ON DELETE RESTRICT,
  source_app_id text,
  status public.referral_status NOT NULL DEFAULT 'registered',
  registered_at timestamptz NOT NULL DEFAULT now(),
  activated_at timestamptz,
  qualified_at timestamptz,
  retained_at timestamptz,
  fraud_score integer NOT NULL DEFAULT 0,
  fraud_signals text,
  is_flagged boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS relationships_referrer_idx ON referrals.relationships (referrer_id);
CREATE INDEX IF NOT EXISTS relationships_referee_idx ON referrals.relationships (referee_id);
CREATE INDEX IF NOT EXISTS relationships_status_idx ON referrals.relationships (status);
CREATE INDEX IF NOT EXISTS relationships_flagged_idx ON referrals.relationships (is_flagged);
CREATE INDEX IF NOT EXISTS relationships_code_idx ON referrals.relationships (code_id);

CREATE TABLE IF NOT EXISTS referrals.cross_app_activations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  relationship_id uuid NOT NULL
    CONSTRAINT cross_app_activations_relationship_id_relationships_id_fk REFERENCES referrals.relationships (id) ON DELETE CASCADE,
  app_id text NOT NULL,
  activated_at timestamptz NOT NULL DEFAULT now(),
  bonus_paid boolean NOT NULL DEFAULT false,
  CONSTRAINT cross_app_relationship_app_unique UNIQUE (relationship_id, app_id)
);
CREATE INDEX IF NOT EXISTS cross_app_relationship_idx ON referrals.cross_app_activations (relationship_id);

CREATE TABLE IF NOT EXISTS referrals.user_tiers (
  user_id text PRIMARY KEY CONSTRAINT user_tiers_user_id_users_id_fk REFERENCES auth.users (id) ON DELETE CASCADE,
  tier public.referral_tier NOT NULL DEFAULT 'bronze',
  qualified_count integer NOT NULL DEFAULT 0,
  total_earned integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS referrals.bonus_events (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  relationship_id uuid NOT NULL
    CONSTRAINT bonus_events_relationship_id_relationships_id_fk REFERENCES referrals.relationships (id) ON DELETE CASCADE,
  user_id text NOT NULL CONSTRAINT bonus_events_user_id_users_id_fk REFERENCES auth.users (id) ON DELETE CASCADE,
  event_type public.bonus_event_type NOT NULL,
  app_id text,
  credits_base integer NOT NULL,
  tier_multiplier real NOT NULL DEFAULT 1,
  credits_final integer NOT NULL,
  tier_at_time public.referral_tier NOT NULL,
  transaction_id uuid,
  status public.bonus_status NOT NULL DEFAULT 'pending',
  hold_reason text,
  hold_until timestamptz,
  released_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS bonus_events_relationship_idx ON referrals.bonus_events (relationship_id);
CREATE INDEX IF NOT EXISTS bonus_events_user_idx ON referrals.bonus_events (user_id);
CREATE INDEX IF NOT EXISTS bonus_events_status_idx ON referrals.bonus_events (status);
CREATE INDEX IF NOT EXISTS bonus_events_event_type_idx ON referrals.bonus_events (event_type);

CREATE TABLE IF NOT EXISTS referrals.fingerprints (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  ip_hash text NOT NULL,
  ip_type text NOT NULL DEFAULT 'unknown',
  ip_country text,
  ip_asn text,
  device_hash text,
  user_agent_hash text,
  first_seen_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  registration_count integer NOT NULL DEFAULT 0,
  flagged_count integer NOT NULL DEFAULT 0,
  CONSTRAINT fingerprints_ip_device_unique UNIQUE (ip_hash, device_hash)
);
CREATE INDEX IF NOT EXISTS fingerprints_ip_hash_idx ON referrals.fingerprints (ip_hash);
CREATE INDEX IF NOT EXISTS fingerprints_device_hash_idx ON referrals.fingerprints (device_hash);
-- NULL is a value in this key (SPEC 1); the seed's own constraint lets NULLs repeat.
CREATE UNIQUE INDEX IF NOT EXISTS umpire_fingerprints_ip_no_device_unique ON referrals.fingerprints (ip_hash) WHERE device_hash IS NULL;

CREATE TABLE IF NOT EXISTS referrals.user_fingerprints (
  user_id text NOT NULL CONSTRAINT user_fingerprints_user_id_users_id_fk REFERENCES auth.users (id) ON DELETE CASCADE,
  fingerprint_id uuid NOT NULL
    CONSTRAINT user_fingerprints_fingerprint_id_fingerprints_id_fk REFERENCES referrals.fingerprints (id) ON DELETE CASCADE,
  seen_at timestamptz NOT NULL DEFAULT now(),
  context text,
  CONSTRAINT user_fingerprints_pk UNIQUE (user_id, fingerprint_id)
);
CREATE INDEX IF NOT EXISTS user_fingerprints_user_idx ON referrals.user_fingerprints (user_id);
CREATE INDEX IF NOT EXISTS user_fingerprints_fingerprint_idx ON referrals.user_fingerprints (fingerprint_id);

CREATE TABLE IF NOT EXISTS referrals.fraud_patterns (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  pattern_type public.fraud_pattern_type NOT NULL,
  pattern_value text NOT NULL,
  severity public.fraud_severity NOT NULL DEFAULT 'medium',
  score_impact integer NOT NULL,
  description text,
  is_active boolean NOT NULL DEFAULT true,
  created_by text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS fraud_patterns_active_idx ON referrals.fraud_patterns (is_active);
CREATE INDEX IF NOT EXISTS fraud_patterns_type_idx ON referrals.fraud_patterns (pattern_type);

CREATE TABLE IF NOT EXISTS referrals.rate_limits (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  identifier text NOT NULL,
  identifier_type text NOT NULL,
  action text NOT NULL,
  count integer NOT NULL DEFAULT 1,
  window_start timestamptz NOT NULL DEFAULT now(),
  window_end timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS rate_limits_lookup_idx ON referrals.rate_limits (identifier, identifier_type, action);
CREATE INDEX IF NOT EXISTS rate_limits_window_idx ON referrals.rate_limits (window_end);

CREATE TABLE IF NOT EXISTS referrals.review_queue (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  relationship_id uuid NOT NULL
    CONSTRAINT review_queue_relationship_id_relationships_id_fk REFERENCES referrals.relationships (id) ON DELETE CASCADE,
  fraud_score integer NOT NULL,
  fraud_signals text NOT NULL,
  priority public.fraud_severity NOT NULL DEFAULT 'medium',
  status public.review_status NOT NULL DEFAULT 'pending',
  assigned_to text,
  notes text,
  reviewed_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS review_queue_status_priority_idx ON referrals.review_queue (status, priority);
CREATE INDEX IF NOT EXISTS review_queue_relationship_idx ON referrals.review_queue (relationship_id);

CREATE TABLE IF NOT EXISTS referrals.daily_stats (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  date timestamptz NOT NULL,
  app_id text,
  registrations integer NOT NULL DEFAULT 0,
  activations integer NOT NULL DEFAULT 0,
  qualifications integer NOT NULL DEFAULT 0,
  retentions integer NOT NULL DEFAULT 0,
  credits_paid integer NOT NULL DEFAULT 0,
  credits_held integer NOT NULL DEFAULT 0,
  fraud_blocked integer NOT NULL DEFAULT 0,
  CONSTRAINT daily_stats_date_app_unique UNIQUE (date, app_id)
);
CREATE INDEX IF NOT EXISTS daily_stats_date_app_idx ON referrals.daily_stats (date, app_id);
CREATE UNIQUE INDEX IF NOT EXISTS umpire_daily_stats_global_unique ON referrals.daily_stats (date) WHERE app_id IS NULL;
