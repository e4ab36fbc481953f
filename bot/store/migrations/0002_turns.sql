-- One row per turn: the event and the lines it led to. A turn then touches one index leaf of its conversation instead of two tables'.
ALTER TABLE events RENAME TO turns;
ALTER TABLE turns ADD COLUMN lines text NOT NULL DEFAULT '[]';
UPDATE turns SET lines = COALESCE((SELECT '[' || string_agg(m.data, ',' ORDER BY m.seq) || ']' FROM messages m
    WHERE m.conversation = turns.conversation AND m.seq >= turns.first_seq AND m.seq <= turns.last_seq), '[]');
UPDATE turns SET first_seq = last_seq + 1 WHERE lines = '[]';
CREATE UNIQUE INDEX turns_by_seq ON turns (conversation, last_seq, version);

-- The seq of the newest line, compared when a turn is written: a turn that counts from another one was decided on a state nobody stored.
ALTER TABLE conversations ADD COLUMN last_seq bigint NOT NULL DEFAULT 0;
UPDATE conversations SET last_seq = COALESCE((SELECT MAX(m.seq) FROM messages m WHERE m.conversation = conversations.id), 0);
DROP TABLE messages;
