-- An objection goes with its item. In programme mode only.
ALTER TABLE umpire.objections ADD CONSTRAINT objections_item_id_fk FOREIGN KEY (item_id) REFERENCES referrals.review_queue (id) ON DELETE CASCADE;
