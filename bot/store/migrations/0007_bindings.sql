-- Which conversations speak for a merchant, for as long as they do: what is reported about him reaches all of them.
CREATE TABLE bindings (
    conversation text PRIMARY KEY,
    merchant     text NOT NULL,
    proof        text NOT NULL,
    at           bigint NOT NULL
);
CREATE INDEX bindings_by_merchant ON bindings (merchant, at);
