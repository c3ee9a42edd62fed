-- Scripts of products: the newest version of each is in force, an empty one takes the script away.

CREATE TABLE scripts (
    product TEXT NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    text    TEXT NOT NULL,
    author  INTEGER NOT NULL,
    saved   INTEGER NOT NULL,
    PRIMARY KEY (product, version)
) STRICT;
