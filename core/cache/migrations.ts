/** One version of the schema from the one before it; what is released is never edited. */
export type CacheMigration = {
  readonly version: number;
  readonly sql: string;
};

/*
 * `items.shown` is the status that the window shows: that of the last undelivered decision or undo over the server's, and `gone` for what is only kept
 * because an operation on it is not over. It is stored, so that pages, totals and summaries of one filter cannot disagree, and
 * triggers keep it, so that no way of changing the outbox can forget it.
 */
export const MIGRATIONS: readonly CacheMigration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE state (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE remembered (name TEXT NOT NULL PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;

      -- What filters, orders and searches read comes first: a scan decodes no column behind the last that it needs. By rowid, since a
      -- first pull in the order of nothing writes a table that is sorted by random ids many times over.
      CREATE TABLE items (
        item_id TEXT NOT NULL PRIMARY KEY,
        shown TEXT NOT NULL,
        priority INTEGER NOT NULL,
        score INTEGER NOT NULL,
        due INTEGER NOT NULL,
        stake INTEGER NOT NULL,
        created INTEGER NOT NULL,
        search TEXT NOT NULL,
        signals TEXT NOT NULL,
        referrer_id TEXT NOT NULL,
        referee_id TEXT NOT NULL,
        relationship_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        status TEXT NOT NULL,
        is_gone INTEGER NOT NULL DEFAULT 0,
        brought_by INTEGER NOT NULL,
        -- By an answer that is newer than the head: the head's own version stays that of the evidence beside it.
        answered_status TEXT,
        answered_version INTEGER,
        stamp TEXT NOT NULL,
        rule_set_version INTEGER NOT NULL,
        referrer_name TEXT NOT NULL,
        referee_name TEXT NOT NULL,
        referrer_referrals INTEGER NOT NULL,
        code TEXT NOT NULL,
        source_app_id TEXT,
        flagged INTEGER NOT NULL,
        releases INTEGER NOT NULL,
        rejects INTEGER NOT NULL,
        takes_back INTEGER NOT NULL,
        second_review TEXT NOT NULL,
        due_at TEXT NOT NULL,
        created_at TEXT NOT NULL
      ) STRICT;

      -- What a pull under way brought and may not count yet, in its order; without a head the item is gone.
      CREATE TABLE arriving (seq INTEGER PRIMARY KEY, item_id TEXT NOT NULL, head TEXT) STRICT;

      CREATE TABLE claims (
        item_id TEXT NOT NULL PRIMARY KEY,
        analyst TEXT NOT NULL,
        until_at TEXT NOT NULL,
        until INTEGER NOT NULL,
        is_mine INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE facts (
        item_id TEXT NOT NULL PRIMARY KEY REFERENCES items ON DELETE CASCADE,
        stamp TEXT NOT NULL,
        good_for TEXT NOT NULL,
        size INTEGER NOT NULL,
        fetched INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE evidence (
        item_id TEXT NOT NULL PRIMARY KEY REFERENCES facts ON DELETE CASCADE,
        deflated BLOB NOT NULL
      ) STRICT;

      -- Stands by itself: it outlives every item that it is about.
      CREATE TABLE outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        item_id TEXT NOT NULL,
        expected_version INTEGER,
        decision TEXT,
        reason TEXT,
        note TEXT,
        undoes TEXT,
        session_id TEXT,
        decided_at TEXT NOT NULL,
        seen TEXT,
        referrer_name TEXT NOT NULL,
        referee_name TEXT NOT NULL,
        score INTEGER NOT NULL,
        priority INTEGER NOT NULL,
        state TEXT NOT NULL DEFAULT 'queued',
        message TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        in_doubt INTEGER NOT NULL DEFAULT 0,
        resolution TEXT,
        paid INTEGER NOT NULL DEFAULT 0,
        rejected INTEGER NOT NULL DEFAULT 0,
        reversed INTEGER NOT NULL DEFAULT 0,
        answered_status TEXT,
        answered_version INTEGER,
        answered_in INTEGER,
        asked_version INTEGER,
        asking_version INTEGER
      ) STRICT;
      CREATE INDEX outbox_item ON outbox (item_id, seq);
      CREATE INDEX outbox_state ON outbox (state, seq);
      CREATE INDEX outbox_undoes ON outbox (undoes) WHERE undoes IS NOT NULL;
      CREATE INDEX outbox_session ON outbox (session_id) WHERE session_id IS NOT NULL;
      CREATE UNIQUE INDEX outbox_overlay ON outbox (item_id) WHERE kind = 'decide' AND state IN ('queued', 'sending');

      CREATE VIEW overlay AS
      SELECT item_id, CASE decision WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' ELSE 'escalated' END AS status
      FROM outbox WHERE kind = 'decide' AND state IN ('queued', 'sending');

      CREATE VIEW shown_statuses AS
      SELECT i.item_id, CASE WHEN i.is_gone THEN 'gone' ELSE coalesce(o.status, i.answered_status, i.status) END AS status
      FROM items AS i LEFT JOIN overlay AS o ON o.item_id = i.item_id;

      -- Where it is another one alone: each of the queue's indexes begins with it.
      CREATE TRIGGER outbox_made AFTER INSERT ON outbox WHEN new.kind = 'decide' BEGIN
        UPDATE items SET shown = s.status FROM shown_statuses AS s
        WHERE items.item_id = new.item_id AND s.item_id = new.item_id AND items.shown <> s.status;
      END;
      CREATE TRIGGER outbox_moved AFTER UPDATE OF state ON outbox WHEN new.kind = 'decide' BEGIN
        UPDATE items SET shown = s.status FROM shown_statuses AS s
        WHERE items.item_id = new.item_id AND s.item_id = new.item_id AND items.shown <> s.status;
      END;
      CREATE TRIGGER items_moved AFTER UPDATE OF status, answered_status, is_gone ON items BEGIN
        UPDATE items SET shown = s.status FROM shown_statuses AS s
        WHERE items.item_id = new.item_id AND s.item_id = new.item_id AND items.shown <> s.status;
      END;
    `,
  },
  {
    // Whose item a decision is that the outbox does not know: evidence kept so far is old until it is fetched again and read for it.
    version: 2,
    sql: `
      CREATE TABLE named_decisions (
        decision_id TEXT NOT NULL,
        named_by TEXT NOT NULL REFERENCES facts ON DELETE CASCADE,
        item_id TEXT NOT NULL,
        PRIMARY KEY (decision_id, named_by)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX named_decisions_by ON named_decisions (named_by);
      UPDATE facts SET stamp = '', good_for = '';
      -- A decision that waits for a second analyst is asked for again when anything about its item changes.
      ALTER TABLE outbox ADD COLUMN asked_stamp TEXT;
      ALTER TABLE outbox ADD COLUMN asking_stamp TEXT;

      -- When evidence was read, by the server's clock, and 4 bytes for everybody whom it names.
      ALTER TABLE facts ADD COLUMN read_at INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE facts ADD COLUMN people BLOB NOT NULL DEFAULT x'';
      -- Whom the names are of: who is erased keeps none. And since when an operation is over, by the server's clock.
      ALTER TABLE outbox ADD COLUMN referrer_id TEXT;
      ALTER TABLE outbox ADD COLUMN referee_id TEXT;
      ALTER TABLE outbox ADD COLUMN over_since INTEGER;
      UPDATE outbox AS o SET referrer_id = i.referrer_id, referee_id = i.referee_id FROM items AS i WHERE i.item_id = o.item_id;

      -- As what the item was decided, which is what it is shown as again when that is taken back; of an undo, of what it takes back.
      ALTER TABLE outbox ADD COLUMN status_before TEXT NOT NULL DEFAULT 'pending';
      DROP INDEX outbox_overlay;
      CREATE INDEX outbox_overlay ON outbox (item_id, seq) WHERE kind IN ('decide', 'undo') AND state IN ('queued', 'sending');
      DROP VIEW overlay;
      -- The last of what was decided and taken back here counts.
      CREATE VIEW overlay AS
      SELECT item_id, id, kind,
        CASE WHEN kind = 'undo' THEN status_before WHEN decision = 'approve' THEN 'approved' WHEN decision = 'reject' THEN 'rejected' ELSE 'escalated' END AS status
      FROM outbox AS o
      WHERE kind IN ('decide', 'undo') AND state IN ('queued', 'sending') AND NOT EXISTS (
        SELECT 1 FROM outbox AS p
        WHERE p.item_id = o.item_id AND p.seq > o.seq AND p.kind IN ('decide', 'undo') AND p.state IN ('queued', 'sending'));
      DROP TRIGGER outbox_made;
      DROP TRIGGER outbox_moved;
      CREATE TRIGGER outbox_made AFTER INSERT ON outbox WHEN new.kind <> 'object' BEGIN
        UPDATE items SET shown = s.status FROM shown_statuses AS s
        WHERE items.item_id = new.item_id AND s.item_id = new.item_id AND items.shown <> s.status;
      END;
      CREATE TRIGGER outbox_moved AFTER UPDATE OF state ON outbox WHEN new.kind <> 'object' BEGIN
        UPDATE items SET shown = s.status FROM shown_statuses AS s
        WHERE items.item_id = new.item_id AND s.item_id = new.item_id AND items.shown <> s.status;
      END;
      UPDATE items SET shown = s.status FROM shown_statuses AS s WHERE s.item_id = items.item_id AND items.shown <> s.status;
    `,
  },
  {
    version: 3,
    sql: `
      -- Who was erased, by all that pulls told: an outbox that is taken over may name them still.
      CREATE TABLE erased (user_id TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
      -- What was troubled and is settled by it; of the undo that came with a new decision too.
      ALTER TABLE outbox ADD COLUMN settles TEXT;
      CREATE INDEX outbox_over ON outbox (over_since);
    `,
  },
];

/**
 * One for each order of the queue, in a status. The default order ends with the item's id and needs no look at the table; in the others
 * SQLite sorts the few that are equal.
 */
export const QUEUE_INDEXES: { readonly [name: string]: string } = {
  items_priority: 'shown, priority DESC, score DESC, due, item_id',
  items_score: 'shown, score DESC, due',
  items_due: 'shown, due, score DESC',
  items_stake: 'shown, stake DESC, priority DESC, score DESC',
  items_newest: 'shown, created DESC',
};
