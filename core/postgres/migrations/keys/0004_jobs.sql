ALTER TABLE umpire.kept_evidence ADD CONSTRAINT kept_evidence_relationship_id_fk FOREIGN KEY (relationship_id) REFERENCES referrals.relationships (id) ON DELETE CASCADE;
