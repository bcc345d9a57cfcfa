-- What Umpire keeps of an item goes with it.
ALTER TABLE umpire.claims ADD CONSTRAINT claims_item_id_fk FOREIGN KEY (item_id) REFERENCES referrals.review_queue (id) ON DELETE CASCADE;
