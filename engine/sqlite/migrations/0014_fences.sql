-- Spaces of projects, fences in them, devices bound to fences, alerts of devices that crossed one.

CREATE TABLE position_spaces (
    seq            INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    owner          INTEGER NOT NULL,
    project        TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name           TEXT NOT NULL,
    authorize_type INTEGER NOT NULL,
    description    TEXT NOT NULL,
    icon           TEXT NOT NULL,
    created        INTEGER NOT NULL,
    updated        INTEGER NOT NULL,
    UNIQUE (project, name)
) STRICT;

CREATE TABLE space_products (
    seq     INTEGER PRIMARY KEY,
    space   TEXT NOT NULL REFERENCES position_spaces (id) ON DELETE CASCADE,
    product TEXT NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    shown   TEXT NOT NULL, -- JSON, as it was given
    UNIQUE (space, product)
) STRICT;

CREATE INDEX space_products_by_product ON space_products (product);

CREATE TABLE fences (
    -- Never used again: alerts and messages name it.
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    space       TEXT NOT NULL REFERENCES position_spaces (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    area        TEXT NOT NULL, -- GeoJSON, as it was given
    since       INTEGER NOT NULL, -- number of a record of the log
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    UNIQUE (space, name)
) STRICT;

CREATE TABLE fence_binds (
    fence       INTEGER NOT NULL REFERENCES fences (id),
    device      INTEGER NOT NULL REFERENCES devices (number) ON DELETE CASCADE,
    condition   TEXT NOT NULL,
    enabled     INTEGER NOT NULL,
    method      TEXT NOT NULL,
    since       INTEGER NOT NULL,
    -- Where the device was last seen: all three or none.
    seen_inside INTEGER,
    seen_time   INTEGER,
    seen_record INTEGER,
    PRIMARY KEY (fence, device)
) STRICT, WITHOUT ROWID;

CREATE INDEX fence_binds_by_device ON fence_binds (device);

CREATE TABLE fence_alerts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    fence      INTEGER NOT NULL REFERENCES fences (id) ON DELETE CASCADE,
    device     INTEGER NOT NULL REFERENCES devices (number) ON DELETE CASCADE,
    -- Of the fence; here for the indexes.
    space      TEXT NOT NULL,
    owner      INTEGER NOT NULL,
    fence_name TEXT NOT NULL,
    crossing   TEXT NOT NULL,
    condition  TEXT NOT NULL,
    time       INTEGER NOT NULL,
    longitude  REAL NOT NULL,
    latitude   REAL NOT NULL,
    told       INTEGER NOT NULL
) STRICT;

CREATE INDEX fence_alerts_by_fence ON fence_alerts (fence, time);
CREATE INDEX fence_alerts_by_device ON fence_alerts (device, time);
CREATE INDEX fence_alerts_by_space ON fence_alerts (space, time);
CREATE INDEX fence_alerts_by_owner ON fence_alerts (owner, time);
CREATE INDEX fence_alerts_untold ON fence_alerts (id) WHERE told = 0;

-- How far the log was looked at; one row.
CREATE TABLE fence_progress (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    through INTEGER NOT NULL
) STRICT;

INSERT INTO fence_progress (id, through) VALUES (1, 0);
