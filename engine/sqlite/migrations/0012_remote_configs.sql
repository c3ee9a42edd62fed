-- What devices are told to work with: the newest versions of each product, and whether devices may have them.

CREATE TABLE remote_configs (
    product TEXT NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    content TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (product, version)
) STRICT;

-- A row is there while it is enabled.
CREATE TABLE enabled_remote_configs (
    product TEXT PRIMARY KEY REFERENCES products (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
