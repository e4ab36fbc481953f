-- How merchants found the help of an episode: asked, and answered when score is above 0. solved: 1 yes, 0 no, -1 not said. told: the
-- leads know of a low one.
CREATE TABLE ratings (
    id           text PRIMARY KEY,
    conversation text NOT NULL,
    channel      text NOT NULL,
    skill        text NOT NULL,
    agent        text NOT NULL,
    name         text NOT NULL,
    asked        bigint NOT NULL,
    at           bigint NOT NULL,
    score        bigint NOT NULL,
    solved       bigint NOT NULL,
    words        text NOT NULL,
    low          bigint NOT NULL,
    told         bigint NOT NULL
);
CREATE INDEX ratings_by_answer ON ratings (at, id) WHERE score > 0;
CREATE INDEX ratings_by_asking ON ratings (asked);
CREATE INDEX ratings_untold ON ratings (at) WHERE score > 0 AND score <= low AND told = 0;

-- What a delivery carries that is no text: a picture, or the question how it was.
ALTER TABLE deliveries ADD COLUMN carries text NOT NULL DEFAULT '';
