CREATE TABLE meta (
    name  text PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE playbooks (
    version text PRIMARY KEY,
    data    text NOT NULL
);

CREATE TABLE conversations (
    id       text PRIMARY KEY,
    channel  text NOT NULL,
    account  text NOT NULL,
    username text NOT NULL,
    version  bigint NOT NULL,
    holder   text NOT NULL,
    agent    text NOT NULL,
    since    bigint NOT NULL,
    updated  bigint NOT NULL,
    data     text NOT NULL,
    UNIQUE (channel, account, username)
);
CREATE INDEX conversations_by_holder ON conversations (holder, since, id);

CREATE TABLE events (
    dup          text PRIMARY KEY,
    conversation text NOT NULL,
    version      bigint NOT NULL,
    at           bigint NOT NULL,
    kind         text NOT NULL,
    data         text NOT NULL,
    first_seq    bigint NOT NULL,
    last_seq     bigint NOT NULL
);

CREATE TABLE messages (
    conversation text NOT NULL,
    seq          bigint NOT NULL,
    at           bigint NOT NULL,
    kind         text NOT NULL,
    sender       text NOT NULL,
    cid          text NOT NULL,
    data         text NOT NULL,
    PRIMARY KEY (conversation, seq)
);
CREATE UNIQUE INDEX messages_by_cid ON messages (conversation, cid, sender) WHERE cid <> '';

CREATE TABLE outbox (
    id           text PRIMARY KEY,
    conversation text NOT NULL,
    seq          bigint NOT NULL,
    target       text NOT NULL,
    data         text NOT NULL,
    attempts     bigint NOT NULL,
    due_at       bigint NOT NULL,
    reason       text NOT NULL
);
CREATE INDEX outbox_by_time ON outbox (due_at);
CREATE INDEX outbox_by_conversation ON outbox (conversation, seq);

CREATE TABLE due (
    conversation text NOT NULL,
    kind         text NOT NULL,
    at           bigint NOT NULL,
    due_at       bigint NOT NULL,
    PRIMARY KEY (conversation, kind)
);
CREATE INDEX due_by_time ON due (due_at);

CREATE TABLE carried (
    request      text PRIMARY KEY,
    conversation text NOT NULL,
    upto         bigint NOT NULL,
    body         text NOT NULL
);
CREATE INDEX carried_by_conversation ON carried (conversation, upto);

CREATE TABLE agents (
    id       text PRIMARY KEY,
    name     text NOT NULL UNIQUE,
    role     text NOT NULL,
    password text NOT NULL,
    changed  bigint NOT NULL,
    temporary bigint NOT NULL
);

CREATE TABLE sessions (
    token   text PRIMARY KEY,
    data    text NOT NULL,
    expires bigint NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires);

CREATE TABLE audit (
    id           text PRIMARY KEY,
    at           bigint NOT NULL,
    agent        text NOT NULL,
    act          text NOT NULL,
    conversation text NOT NULL,
    detail       text NOT NULL
);
CREATE INDEX audit_by_time ON audit (at);
