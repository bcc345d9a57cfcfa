-- What Umpire keeps of a user, a referral, a bonus, an item or a pattern goes with it. In programme mode only.
ALTER TABLE umpire.users ADD CONSTRAINT users_user_id_fk FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE;
ALTER TABLE umpire.sightings ADD CONSTRAINT sightings_user_id_fk FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE;
ALTER TABLE umpire.usages ADD CONSTRAINT usages_user_id_fk FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE;
ALTER TABLE umpire.purchases ADD CONSTRAINT purchases_user_id_fk FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE;
ALTER TABLE umpire.registrations ADD CONSTRAINT registrations_referee_id_fk FOREIGN KEY (referee_id) REFERENCES auth.users (id) ON DELETE CASCADE;
ALTER TABLE umpire.pattern_keys ADD CONSTRAINT pattern_keys_pattern_id_fk FOREIGN KEY (pattern_id) REFERENCES referrals.fraud_patterns (id) ON DELETE CASCADE;
ALTER TABLE umpire.referrals ADD CONSTRAINT referrals_relationship_id_fk FOREIGN KEY (relationship_id) REFERENCES referrals.relationships (id) ON DELETE CASCADE;
ALTER TABLE umpire.bonuses ADD CONSTRAINT bonuses_bonus_id_fk FOREIGN KEY (bonus_id) REFERENCES referrals.bonus_events (id) ON DELETE CASCADE;
ALTER TABLE umpire.dirty ADD CONSTRAINT dirty_relationship_id_fk FOREIGN KEY (relationship_id) REFERENCES referrals.relationships (id) ON DELETE CASCADE;
ALTER TABLE umpire.scores ADD CONSTRAINT scores_relationship_id_fk FOREIGN KEY (relationship_id) REFERENCES referrals.relationships (id) ON DELETE CASCADE;
ALTER TABLE umpire.evidence ADD CONSTRAINT evidence_relationship_id_fk FOREIGN KEY (relationship_id) REFERENCES referrals.relationships (id) ON DELETE CASCADE;
ALTER TABLE umpire.items ADD CONSTRAINT items_item_id_fk FOREIGN KEY (item_id) REFERENCES referrals.review_queue (id) ON DELETE CASCADE;
ALTER TABLE umpire.items ADD CONSTRAINT items_relationship_id_fk FOREIGN KEY (relationship_id) REFERENCES referrals.relationships (id) ON DELETE CASCADE;
ALTER TABLE umpire.decisions ADD CONSTRAINT decisions_relationship_id_fk FOREIGN KEY (relationship_id) REFERENCES referrals.relationships (id) ON DELETE CASCADE;
ALTER TABLE umpire.opening_balances ADD CONSTRAINT opening_balances_user_id_fk FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE;
