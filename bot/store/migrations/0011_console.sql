-- What colleagues write to each other about a conversation. No merchant reads it: it stands apart from the turns.
CREATE TABLE internal_notes (
    id           text PRIMARY KEY,
    conversation text NOT NULL,
    at           bigint NOT NULL,
    agent        text NOT NULL,
    name         text NOT NULL,
    words        text NOT NULL,
    mentions     text NOT NULL
);
CREATE INDEX internal_notes_by_conversation ON internal_notes (conversation, at, id);
CREATE INDEX internal_notes_by_time ON internal_notes (at, id);

-- Exact words by which conversations are found: merchant, shop's name, response code, ticket. Written when one comes up, not with every turn.
CREATE TABLE found (
    term         text NOT NULL,
    conversation text NOT NULL,
    at           bigint NOT NULL,
    PRIMARY KEY (term, conversation)
);
-- The order in which conversations are looked through for words that are in no such list.
CREATE INDEX conversations_by_since ON conversations (since, id);

-- One row an episode in which a person had a part or that has ended.
CREATE TABLE episodes (
    conversation text NOT NULL,
    first_seq    bigint NOT NULL,
    last_seq     bigint NOT NULL,
    opened       bigint NOT NULL,
    ended        bigint NOT NULL,
    topic        text NOT NULL,
    reason       text NOT NULL,
    agents       text NOT NULL,
    PRIMARY KEY (conversation, first_seq)
);

-- What agents made of the answers that were suggested to them.
CREATE TABLE suggested (
    id           text PRIMARY KEY,
    at           bigint NOT NULL,
    agent        text NOT NULL,
    conversation text NOT NULL,
    article      text NOT NULL,
    verdict      text NOT NULL
);
CREATE INDEX suggested_by_conversation ON suggested (conversation, article);
CREATE INDEX suggested_by_article ON suggested (article, at);
