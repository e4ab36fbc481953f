-- The pages on which the widget may stand. What an operator sets of one is a JSON document; its keys stand apart, so that who reads or
-- exports the document never has a secret in hand.
CREATE TABLE sites (
    id      text PRIMARY KEY,
    value   text NOT NULL,
    version bigint NOT NULL,
    at      bigint NOT NULL,
    agent   text NOT NULL
);

CREATE TABLE site_keys (
    kid    text PRIMARY KEY,
    site   text NOT NULL,
    alg    text NOT NULL,
    secret text NOT NULL,
    at     bigint NOT NULL,
    agent  text NOT NULL
);
CREATE INDEX site_keys_by_site ON site_keys (site, kid);

-- Signed identities that are good once and were used.
CREATE TABLE used_identities (
    id    text PRIMARY KEY,
    until bigint NOT NULL
);
CREATE INDEX used_identities_by_time ON used_identities (until);
