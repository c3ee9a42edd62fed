-- Version 1: what the owner has set up.
-- Times are Unix milliseconds; unsigned 64-bit values are kept by their bits; `seq` is the order of creation.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Never goes back: numbers of deleted devices stay used.
INSERT INTO meta (name, value) VALUES ('next_device_number', 1);

CREATE TABLE principals (
    seq      INTEGER PRIMARY KEY,
    uin      INTEGER NOT NULL UNIQUE,
    owner    INTEGER NOT NULL,
    name     TEXT NOT NULL,
    policies TEXT NOT NULL, -- JSON: ["name", ...]
    created  INTEGER NOT NULL
) STRICT;

CREATE TABLE access_keys (
    seq        INTEGER PRIMARY KEY,
    secret_id  TEXT NOT NULL UNIQUE,
    secret_key BLOB NOT NULL, -- sealed
    principal  INTEGER NOT NULL REFERENCES principals (uin),
    active     INTEGER NOT NULL,
    created    INTEGER NOT NULL
) STRICT;

CREATE TABLE policies (
    seq      INTEGER PRIMARY KEY,
    owner    INTEGER NOT NULL,
    name     TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (owner, name)
) STRICT;

CREATE TABLE instances (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    owner      INTEGER NOT NULL,
    enterprise INTEGER NOT NULL,
    created    INTEGER NOT NULL
) STRICT;

CREATE TABLE projects (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    owner       INTEGER NOT NULL,
    instance    TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    UNIQUE (owner, name)
) STRICT;

CREATE TABLE products (
    seq            INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    project        TEXT NOT NULL REFERENCES projects (id),
    owner          INTEGER NOT NULL,
    name           TEXT NOT NULL,
    description    TEXT NOT NULL,
    category       INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    authentication TEXT NOT NULL,
    net_type       TEXT NOT NULL,
    data_protocol  TEXT NOT NULL,
    status         TEXT NOT NULL,
    script_enabled INTEGER NOT NULL,
    bind_strategy  INTEGER NOT NULL,
    module         INTEGER NOT NULL,
    durability     TEXT NOT NULL,
    creator        INTEGER NOT NULL,
    creator_name   TEXT NOT NULL,
    tags           TEXT NOT NULL, -- JSON: [["key", "value"], ...]
    created        INTEGER NOT NULL,
    updated        INTEGER NOT NULL,
    UNIQUE (owner, name)
) STRICT;

CREATE INDEX products_by_project ON products (project);

CREATE TABLE models (
    product TEXT PRIMARY KEY REFERENCES products (id) ON DELETE CASCADE,
    text    TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
) STRICT;

CREATE TABLE devices (
    number       INTEGER PRIMARY KEY,
    product      TEXT NOT NULL REFERENCES products (id),
    name         TEXT NOT NULL,
    secret       BLOB NOT NULL, -- sealed
    enabled      INTEGER NOT NULL,
    creator      INTEGER NOT NULL,
    creator_name TEXT NOT NULL,
    tags         TEXT NOT NULL, -- JSON: [["key", "value"], ...]
    created      INTEGER NOT NULL,
    UNIQUE (product, name)
) STRICT;
