-- Version 13: browsers signed in to the console; passwords the platform made itself.

-- 1: made at the first start; whoever signs in with it may only change it.
ALTER TABLE passwords ADD COLUMN is_first INTEGER NOT NULL DEFAULT 0;

-- Times in Unix milliseconds.
CREATE TABLE logins (
    seq                  INTEGER PRIMARY KEY,
    digest               BLOB NOT NULL UNIQUE, -- SHA-256 of the token
    principal            INTEGER NOT NULL REFERENCES principals (uin) ON DELETE CASCADE,
    created              INTEGER NOT NULL,
    last_used            INTEGER NOT NULL,
    must_change_password INTEGER NOT NULL
) STRICT;

CREATE INDEX logins_of_principal ON logins (principal);
