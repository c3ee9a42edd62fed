-- Version 1 of the audit file: one row per call, in the order they were written.

CREATE TABLE calls (
    seq            INTEGER PRIMARY KEY,
    time           INTEGER NOT NULL, -- Unix milliseconds
    request_id     TEXT NOT NULL,
    owner          INTEGER NOT NULL,
    uin            INTEGER NOT NULL,
    secret_id      TEXT NOT NULL,
    source         TEXT NOT NULL,
    service        TEXT NOT NULL,
    operation      TEXT NOT NULL,
    region         TEXT NOT NULL,
    resource       TEXT NOT NULL,
    code           TEXT NOT NULL,
    latency_micros INTEGER NOT NULL,
    is_write       INTEGER NOT NULL
) STRICT;

CREATE INDEX calls_by_owner ON calls (owner, time, seq);

CREATE INDEX calls_by_time ON calls (time);
