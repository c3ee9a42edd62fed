-- Version 3: groups, passwords, use of keys, remarks of policies, sets of tags.

-- Unix milliseconds of the last call; 0 is never.
ALTER TABLE access_keys ADD COLUMN last_used INTEGER NOT NULL DEFAULT 0;

ALTER TABLE policies ADD COLUMN remark TEXT NOT NULL DEFAULT '';

CREATE TABLE passwords (
    principal INTEGER PRIMARY KEY REFERENCES principals (uin) ON DELETE CASCADE,
    hash      BLOB NOT NULL -- PHC form, salted, sealed
) STRICT;

CREATE TABLE groups (
    seq      INTEGER PRIMARY KEY,
    owner    INTEGER NOT NULL,
    name     TEXT NOT NULL,
    remark   TEXT NOT NULL,
    policies TEXT NOT NULL, -- JSON: ["name", ...]
    members  TEXT NOT NULL, -- JSON: [uin, ...]
    created  INTEGER NOT NULL,
    UNIQUE (owner, name)
) STRICT;

-- Which sets of tags there are, and the devices of a set, without touching devices that have none.
CREATE INDEX devices_tagged ON devices (product, tags) WHERE tags <> '[]';
