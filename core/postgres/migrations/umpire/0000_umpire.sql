-- All that Umpire needs beyond the seed's tables. Event ids are compared bytewise everywhere (COLLATE "C"), so that
-- "before", which means smaller (at, id), is the same on every server.
CREATE SCHEMA IF NOT EXISTS umpire;

-- One row: what this database is.
CREATE TABLE umpire.workspace (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  mode text NOT NULL CHECK (mode IN ('programme', 'observe')),
  -- HMAC of a fixed text with the key that hashed every address here; another key is refused.
  hash_key_check text NOT NULL,
  is_demo boolean NOT NULL DEFAULT false,
  -- Half of the cache's epoch: changes with every migration (DESIGN, sync protocol).
  epoch uuid NOT NULL DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Versioned rules; the highest version is in force.
CREATE TABLE umpire.rule_sets (
  version integer PRIMARY KEY,
  points jsonb NOT NULL,
  thresholds jsonb NOT NULL,
  -- Signals switched off.
  disabled jsonb NOT NULL DEFAULT '[]',
  note text,
  created_by text NOT NULL DEFAULT session_user,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE umpire.reason_codes (
  code text PRIMARY KEY,
  label text NOT NULL,
  decision text NOT NULL CHECK (decision IN ('approve', 'reject', 'escalate')),
  position integer NOT NULL,
  is_active boolean NOT NULL DEFAULT true
);

---------------------------------------------------------------------------------------------------------------------
-- Facts: what events said. Everything else is derived from them, whatever the order in which they came.

-- Every event ever seen. Its content stays only until it is applied; the keyed digest stays, to tell a repetition
-- from an id that was used again for something else.
CREATE TABLE umpire.events (
  event_id text COLLATE "C" PRIMARY KEY,
  at timestamptz NOT NULL,
  type text NOT NULL,
  digest bytea NOT NULL,
  status text NOT NULL CHECK (status IN ('staged', 'parked', 'applied', 'refused')),
  -- The user that a parked event waits for.
  waits_for text,
  -- Why it is parked or refused.
  reason text,
  -- Without raw addresses or device ids: hashes only.
  content jsonb,
  -- The import that brought it.
  import_id uuid NOT NULL
);
CREATE INDEX events_staged_idx ON umpire.events (at, event_id) WHERE status = 'staged';
CREATE INDEX events_parked_idx ON umpire.events (waits_for) WHERE status = 'parked';
CREATE INDEX events_unsuccessful_idx ON umpire.events (import_id) WHERE status IN ('parked', 'refused');

-- What is known about a user beyond auth.users: which event said what, and the forms of the e-mail the engine compares.
CREATE TABLE umpire.users (
  user_id text PRIMARY KEY,
  name_at timestamptz,
  name_event text COLLATE "C",
  email_at timestamptz,
  email_event text COLLATE "C",
  -- Local part, canonical (SPEC 3); null when the address has none.
  email_local text COLLATE "C",
  email_domain text COLLATE "C",
  -- The listed domain that makes the address disposable.
  disposable_domain text COLLATE "C",
  -- Too short or too common to be compared by likeness: counts only when equal on one non-free domain.
  email_weak boolean NOT NULL DEFAULT false,
  email_free boolean NOT NULL DEFAULT false
);

CREATE TABLE umpire.code_events (
  event_id text COLLATE "C" PRIMARY KEY,
  at timestamptz NOT NULL,
  code text COLLATE "C" NOT NULL,
  kind text NOT NULL CHECK (kind IN ('created', 'updated')),
  fields jsonb NOT NULL
);
CREATE INDEX code_events_code_idx ON umpire.code_events (code, at, event_id);

-- Where a user was seen. Networks are keyed hashes of the /16 and /24 (IPv4) or /32, /48 and /64 (IPv6).
CREATE TABLE umpire.sightings (
  event_id text COLLATE "C" PRIMARY KEY,
  at timestamptz NOT NULL,
  user_id text NOT NULL,
  context text NOT NULL,
  ip_hash text COLLATE "C" NOT NULL,
  network_hashes text[] NOT NULL,
  device_hash text COLLATE "C",
  user_agent_hash text COLLATE "C",
  ip_type text NOT NULL,
  ip_country text,
  ip_asn text,
  fingerprint_id uuid NOT NULL
);
CREATE INDEX sightings_user_ip_idx ON umpire.sightings (user_id, ip_hash, at, event_id);
CREATE INDEX sightings_user_device_idx ON umpire.sightings (user_id, device_hash, at, event_id) WHERE device_hash IS NOT NULL;
CREATE INDEX sightings_fingerprint_idx ON umpire.sightings (fingerprint_id, at, event_id);

CREATE TABLE umpire.usages (
  event_id text COLLATE "C" PRIMARY KEY,
  at timestamptz NOT NULL,
  user_id text NOT NULL,
  app_id text NOT NULL,
  amount integer NOT NULL
);
CREATE INDEX usages_user_idx ON umpire.usages (user_id, at, event_id);

CREATE TABLE umpire.purchases (
  event_id text COLLATE "C" PRIMARY KEY,
  at timestamptz NOT NULL,
  user_id text NOT NULL,
  amount integer NOT NULL
);
CREATE INDEX purchases_user_idx ON umpire.purchases (user_id, at, event_id);

-- Every attempt to register through a code, accepted or refused. `outcome` is null until it is settled.
CREATE TABLE umpire.registrations (
  event_id text COLLATE "C" PRIMARY KEY,
  at timestamptz NOT NULL,
  referee_id text NOT NULL,
  code text COLLATE "C" NOT NULL,
  source_app_id text,
  ip_hash text COLLATE "C" NOT NULL,
  network_hashes text[] NOT NULL,
  device_hash text COLLATE "C",
  ip_type text NOT NULL,
  fingerprint_id uuid NOT NULL,
  -- Patterns that saw the raw address or user agent when the event arrived.
  pattern_hits uuid[] NOT NULL,
  outcome text,
  -- Set with the outcome `accepted`.
  code_id uuid,
  referrer_id text,
  is_campaign boolean,
  -- The referral was scored: its place is no longer contested (SPEC 2).
  is_settled boolean NOT NULL DEFAULT false
);
CREATE INDEX registrations_order_idx ON umpire.registrations (at, event_id) WHERE NOT is_settled;
CREATE INDEX registrations_code_idx ON umpire.registrations (code, at, event_id);
CREATE INDEX registrations_referee_idx ON umpire.registrations (referee_id, at, event_id);
CREATE INDEX registrations_referrer_idx ON umpire.registrations (referrer_id, at, event_id) WHERE outcome = 'accepted';
CREATE INDEX registrations_code_accepted_idx ON umpire.registrations (code_id, at, event_id) WHERE outcome = 'accepted';
CREATE INDEX registrations_fingerprint_idx ON umpire.registrations (fingerprint_id) WHERE outcome = 'accepted';

-- What a pattern looks for, in the form the engine matches: one row a key.
CREATE TABLE umpire.pattern_keys (
  pattern_id uuid NOT NULL,
  -- address, network, device: a keyed hash. domain, email_regex: the text. arrival: matched when events arrive.
  kind text NOT NULL CHECK (kind IN ('address', 'network', 'device', 'domain', 'email_regex', 'arrival')),
  key text COLLATE "C" NOT NULL,
  PRIMARY KEY (pattern_id, kind, key)
);
CREATE TABLE umpire.pattern_events (
  event_id text COLLATE "C" PRIMARY KEY,
  at timestamptz NOT NULL,
  pattern_id uuid NOT NULL,
  fields jsonb NOT NULL
);
CREATE INDEX pattern_events_pattern_idx ON umpire.pattern_events (pattern_id, at, event_id);

---------------------------------------------------------------------------------------------------------------------
-- Derived: one row a referral, all that the engine needs to know of it beside `referrals.relationships`.
CREATE TABLE umpire.referrals (
  relationship_id uuid PRIMARY KEY,
  event_id text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  referrer_id text NOT NULL,
  referee_id text NOT NULL,
  code_id uuid NOT NULL,
  ip_hash text COLLATE "C",
  network_hashes text[] NOT NULL,
  device_hash text COLLATE "C",
  ip_type text NOT NULL,
  fingerprint_id uuid,
  pattern_hits uuid[] NOT NULL,
  -- The events that moved the stages: with their times they order bonuses (SPEC 2, tier).
  activated_event text COLLATE "C",
  qualified_at timestamptz,
  qualified_event text COLLATE "C",
  retained_event text COLLATE "C",
  -- Rejected by a decision: does not count for tiers.
  is_rejected boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX referrals_event_idx ON umpire.referrals (event_id);
CREATE INDEX referrals_referrer_idx ON umpire.referrals (referrer_id, at, event_id);
CREATE INDEX referrals_referrer_qualified_idx ON umpire.referrals (referrer_id, qualified_at, qualified_event)
  WHERE qualified_at IS NOT NULL AND NOT is_rejected;
CREATE INDEX referrals_referee_idx ON umpire.referrals (referee_id);
CREATE INDEX referrals_ip_idx ON umpire.referrals (ip_hash);
CREATE INDEX referrals_fingerprint_idx ON umpire.referrals (fingerprint_id);
CREATE INDEX referrals_device_idx ON umpire.referrals (device_hash) WHERE device_hash IS NOT NULL;
CREATE INDEX referrals_networks_idx ON umpire.referrals USING gin (network_hashes);

-- (at, id) of what a bonus is for.
CREATE TABLE umpire.bonuses (
  bonus_id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  -- Payments and reversals so far: the n of the idempotency key bonus:<bonus id>:<n>.
  movements integer NOT NULL DEFAULT 0
);

-- Referrals to be scored. A row is cleared only if its generation is still the one that was scored.
CREATE SEQUENCE umpire.dirty_generation;
CREATE TABLE umpire.dirty (
  relationship_id uuid PRIMARY KEY,
  generation bigint NOT NULL DEFAULT nextval('umpire.dirty_generation'),
  attempts integer NOT NULL DEFAULT 0,
  retry_at timestamptz,
  error text
);
CREATE INDEX dirty_generation_idx ON umpire.dirty (generation);

CREATE TABLE umpire.scores (
  relationship_id uuid PRIMARY KEY,
  score integer NOT NULL,
  band public.fraud_severity NOT NULL,
  -- The highest band since the last approval: a falling score releases nothing by itself.
  held_band public.fraud_severity NOT NULL,
  rule_set_version integer NOT NULL REFERENCES umpire.rule_sets (version),
  -- Of the rule version, score, signals and evidence: tells whether what was seen is what is there.
  evidence_hash text NOT NULL,
  -- Engine's clock at the first hold; holds of the medium band end 48 hours later.
  first_held_at timestamptz,
  first_blocked_at timestamptz,
  -- The band an approval covers.
  approved_band public.fraud_severity,
  scored_at timestamptz NOT NULL
);

-- Why a referral has its score: one row a signal that fired, what it matched.
CREATE TABLE umpire.evidence (
  relationship_id uuid NOT NULL,
  signal text COLLATE "C" NOT NULL,
  points integer NOT NULL,
  evidence jsonb NOT NULL,
  PRIMARY KEY (relationship_id, signal)
);
CREATE INDEX evidence_signal_idx ON umpire.evidence (signal);

-- One row a review item: version and transaction of its last change, for optimistic decisions and the delta pull.
CREATE TABLE umpire.items (
  item_id uuid PRIMARY KEY,
  relationship_id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  -- The version in which its band last rose: a decision on an older one is returned for a second look.
  raised_version integer NOT NULL DEFAULT 1,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  previous_item_id uuid
);
CREATE INDEX items_relationship_idx ON umpire.items (relationship_id);
CREATE INDEX items_tx_idx ON umpire.items (tx);

CREATE TABLE umpire.decisions (
  decision_id uuid PRIMARY KEY,
  item_id uuid NOT NULL,
  relationship_id uuid NOT NULL,
  actor text NOT NULL,
  -- Who stood behind it when the owner or the engine decided on behalf of somebody.
  on_behalf_of text,
  decision text NOT NULL CHECK (decision IN ('approve', 'reject', 'escalate')),
  reason text NOT NULL,
  note text,
  -- What was known when it was decided.
  band public.fraud_severity NOT NULL,
  score integer NOT NULL,
  rule_set_version integer NOT NULL,
  expected_version integer,
  outcome jsonb NOT NULL,
  decided_at timestamptz NOT NULL
);
CREATE INDEX decisions_item_idx ON umpire.decisions (item_id);
CREATE INDEX decisions_relationship_idx ON umpire.decisions (relationship_id);
CREATE INDEX decisions_actor_idx ON umpire.decisions (actor, decided_at);

-- Every transition of money and every block, on the day it happened: what statistics count from. Append only.
CREATE TABLE umpire.money_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  relationship_id uuid NOT NULL,
  bonus_id uuid,
  transition text NOT NULL CHECK (transition IN ('held', 'paid', 'rejected', 'reversed', 'blocked')),
  credits integer NOT NULL,
  app_id text
);
CREATE INDEX money_log_at_idx ON umpire.money_log (at);
CREATE INDEX money_log_bonus_idx ON umpire.money_log (bonus_id);

-- Credits a user had before Umpire's first ledger row; absent means 0.
CREATE TABLE umpire.opening_balances (
  user_id text PRIMARY KEY,
  credits integer NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
