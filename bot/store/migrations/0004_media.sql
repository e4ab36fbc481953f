-- Pictures and voices of merchants, for the agents who serve them. They are kept for a few days.
CREATE TABLE media (
    id           text PRIMARY KEY,
    conversation text NOT NULL,
    kind         text NOT NULL,
    mime         text NOT NULL,
    data         bytea NOT NULL,
    at           bigint NOT NULL
);
CREATE INDEX media_by_time ON media (at);
CREATE INDEX media_by_conversation ON media (conversation, at);
