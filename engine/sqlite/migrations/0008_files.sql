-- Files of products, the tasks that move them, lists that devices report of themselves.

CREATE TABLE files (
    -- Never used again: addresses that were given out name it.
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    owner         INTEGER NOT NULL,
    product       TEXT NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    device        INTEGER NOT NULL, -- 0: the owner's; the device may be gone
    device_name   TEXT NOT NULL,
    name          TEXT NOT NULL,
    announced     INTEGER NOT NULL, -- bytes
    announced_md5 BLOB,
    -- All three or none.
    digest        BLOB,
    md5           BLOB,
    size          INTEGER,
    secret        BLOB NOT NULL, -- sealed
    created       INTEGER NOT NULL
) STRICT;

CREATE INDEX files_by_product ON files (product, id);
CREATE INDEX files_by_owner ON files (owner);
CREATE INDEX files_by_digest ON files (digest);
CREATE INDEX files_announced ON files (created) WHERE digest IS NULL;

CREATE TABLE file_tasks (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    device        INTEGER NOT NULL REFERENCES devices (number) ON DELETE CASCADE,
    kind          INTEGER NOT NULL,
    file          INTEGER REFERENCES files (id) ON DELETE SET NULL,
    name          TEXT NOT NULL,
    version       TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    state         INTEGER NOT NULL,
    percent       INTEGER NOT NULL,
    result_code   INTEGER NOT NULL,
    result_text   TEXT NOT NULL,
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL
) STRICT;

CREATE INDEX file_tasks_by_device ON file_tasks (device, id);
CREATE INDEX file_tasks_by_file ON file_tasks (file);

CREATE TABLE device_lists (
    device INTEGER NOT NULL REFERENCES devices (number) ON DELETE CASCADE,
    kind   INTEGER NOT NULL,
    text   TEXT NOT NULL,
    PRIMARY KEY (device, kind)
) STRICT, WITHOUT ROWID;
