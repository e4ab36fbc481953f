-- Groups of agents, canned replies, tokens of other systems, and what was told to agents outside of the console.
CREATE TABLE teams (
    id   text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    at   bigint NOT NULL
);

CREATE TABLE canned (
    id    text PRIMARY KEY,
    team  text NOT NULL,
    path  text NOT NULL,
    title text NOT NULL,
    text  text NOT NULL,
    at    bigint NOT NULL,
    UNIQUE (team, path, title)
);

-- hash: SHA-256 of the token in hex. scopes: a JSON list. revoked: when, 0 for not.
CREATE TABLE tokens (
    id      text PRIMARY KEY,
    name    text NOT NULL,
    hash    text NOT NULL UNIQUE,
    scopes  text NOT NULL,
    created bigint NOT NULL,
    creator text NOT NULL,
    expires bigint NOT NULL,
    used    bigint NOT NULL,
    revoked bigint NOT NULL
);

-- told: when it was asked for; done: when it ended as sent or failed, 0 while it is waiting.
CREATE TABLE tellings (
    id           text PRIMARY KEY,
    told         bigint NOT NULL,
    target       text NOT NULL,
    kind         text NOT NULL,
    conversation text NOT NULL,
    state        text NOT NULL,
    attempts     bigint NOT NULL,
    reason       text NOT NULL,
    done         bigint NOT NULL
);
CREATE INDEX tellings_by_time ON tellings (told, id);

-- Under which name somebody acted, as it was then.
ALTER TABLE audit ADD COLUMN name text NOT NULL DEFAULT '';
UPDATE audit SET name = COALESCE((SELECT g.name FROM agents g WHERE g.id = audit.agent), '');
CREATE INDEX audit_by_agent ON audit (agent, at, id);
CREATE INDEX audit_by_act ON audit (act, at, id);
