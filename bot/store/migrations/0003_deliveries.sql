-- What carries which lines to users who cannot read by seq. shown_seq: lines up to there belong to a delivery.
ALTER TABLE conversations ADD COLUMN shown_seq bigint NOT NULL DEFAULT 0;
UPDATE conversations SET shown_seq = COALESCE((SELECT MAX(c.upto) FROM carried c WHERE c.conversation = conversations.id), 0);
CREATE TABLE deliveries (
    id           text PRIMARY KEY,
    conversation text NOT NULL,
    first_seq    bigint NOT NULL,
    last_seq     bigint NOT NULL,
    sender       text NOT NULL,
    path         text NOT NULL,
    state        text NOT NULL,
    reason       text NOT NULL,
    words        text NOT NULL,
    body         text NOT NULL,
    at           bigint NOT NULL
);
CREATE INDEX deliveries_by_conversation ON deliveries (conversation, at) WHERE path = 'push' OR state <> 'sent';
CREATE INDEX deliveries_by_time ON deliveries (at);
INSERT INTO deliveries (id, conversation, first_seq, last_seq, sender, path, state, reason, words, body, at)
    SELECT request, conversation, 1, upto, '', 'reply', 'sent', '', '', body, COALESCE((SELECT v.updated FROM conversations v WHERE v.id = carried.conversation), 0) FROM carried
    WHERE request NOT LIKE 'wechat:part:%' AND request NOT LIKE 'wechat:own:%';
DROP TABLE carried;

-- Items come in order for each target: a slow acquirer does not keep lines from their reader.
DROP INDEX outbox_by_conversation;
CREATE INDEX outbox_by_conversation ON outbox (conversation, target, seq);

CREATE TABLE leases (
    name  text PRIMARY KEY,
    owner text NOT NULL,
    until bigint NOT NULL
);

CREATE TABLE notes (
    name  text PRIMARY KEY,
    value text NOT NULL
);
