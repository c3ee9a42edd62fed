-- Version 6: certificate authorities, which product has one of its own, and the certificate on record of a device.

-- One row: the authority that issues device certificates.
CREATE TABLE platform_authority (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    pem         TEXT NOT NULL,
    fingerprint BLOB NOT NULL, -- SHA-256 of the DER form
    key         BLOB NOT NULL, -- sealed
    created     INTEGER NOT NULL
) STRICT;

CREATE TABLE authorities (
    seq         INTEGER PRIMARY KEY,
    owner       INTEGER NOT NULL,
    name        TEXT NOT NULL,
    pem         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    UNIQUE (owner, name),
    UNIQUE (owner, fingerprint)
) STRICT;

CREATE TABLE product_authorities (
    product   TEXT PRIMARY KEY REFERENCES products (id) ON DELETE CASCADE,
    authority INTEGER NOT NULL REFERENCES authorities (seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX product_authorities_by_authority ON product_authorities (authority);

-- Both or none.
ALTER TABLE devices ADD COLUMN pem TEXT;
ALTER TABLE devices ADD COLUMN fingerprint BLOB;
