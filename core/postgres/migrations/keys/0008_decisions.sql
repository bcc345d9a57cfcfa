-- A second opinion goes with its item.
ALTER TABLE umpire.second_opinions ADD CONSTRAINT second_opinions_item_id_fk FOREIGN KEY (item_id) REFERENCES referrals.review_queue (id) ON DELETE CASCADE;
-- What was known of a referral goes with it. In programme mode only.
ALTER TABLE umpire.known_evidence ADD CONSTRAINT known_evidence_relationship_id_fk FOREIGN KEY (relationship_id) REFERENCES referrals.relationships (id) ON DELETE CASCADE;
