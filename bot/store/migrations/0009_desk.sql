-- The order in which people are served, and when a target turns urgent: both from the conversation's case, for lists that do not scan.
ALTER TABLE conversations ADD COLUMN rank bigint NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN amber_at bigint NOT NULL DEFAULT 0;
UPDATE conversations SET rank = 300000000000000 + since WHERE holder = 'queue';
CREATE INDEX conversations_by_rank ON conversations (holder, rank, id) WHERE holder = 'queue';
CREATE INDEX conversations_by_agent ON conversations (holder, agent, since, id) WHERE holder = 'agent';
CREATE INDEX conversations_by_amber ON conversations (amber_at, id) WHERE amber_at > 0;

-- One row per period that a case spent with one holder, written when it was over: the figures of the desk are counted from them.
CREATE TABLE stints (
    id           text PRIMARY KEY,
    conversation text NOT NULL,
    holder       text NOT NULL,
    agent        text NOT NULL,
    skill        text NOT NULL,
    began        bigint NOT NULL,
    ended        bigint NOT NULL,
    how          text NOT NULL,
    data         text NOT NULL
);
CREATE INDEX stints_by_time ON stints (ended);
CREATE INDEX stints_served ON stints (ended) WHERE holder = 'agent' AND how = 'closed';
