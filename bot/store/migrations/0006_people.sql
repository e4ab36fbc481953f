-- What the desk knows of its agents, and what operators set in the console.
ALTER TABLE agents ADD COLUMN display text NOT NULL DEFAULT '';
ALTER TABLE agents ADD COLUMN teams text NOT NULL DEFAULT '[]';
ALTER TABLE agents ADD COLUMN skills text NOT NULL DEFAULT '[]';
ALTER TABLE agents ADD COLUMN capacity bigint NOT NULL DEFAULT 6;
ALTER TABLE agents ADD COLUMN disabled bigint NOT NULL DEFAULT 0;

CREATE TABLE settings (
    name    text PRIMARY KEY,
    value   text NOT NULL,
    version bigint NOT NULL,
    at      bigint NOT NULL,
    agent   text NOT NULL
);
