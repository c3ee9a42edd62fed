-- How much devices upload of their own logs: 0 off to 4 debug.

CREATE TABLE product_log_levels (
    product TEXT PRIMARY KEY REFERENCES products (id) ON DELETE CASCADE,
    level   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE device_log_levels (
    device INTEGER PRIMARY KEY REFERENCES devices (number) ON DELETE CASCADE,
    level  INTEGER NOT NULL
) STRICT;
