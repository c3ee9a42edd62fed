-- Version 2: device lists of any size: counts, name search, tags. Triggers keep all three in step with `devices`.

CREATE INDEX devices_by_product ON devices (product, number);

-- Devices per product and block of 1,024 numbers; product '*' counts all products together.
-- Totals are sums over it, and a page finds its block without walking the devices before it.
CREATE TABLE device_counts (
    product TEXT NOT NULL,
    block   INTEGER NOT NULL,
    devices INTEGER NOT NULL,
    PRIMARY KEY (product, block)
) STRICT, WITHOUT ROWID;

INSERT INTO device_counts SELECT product, number >> 10, count(*) FROM devices GROUP BY 1, 2;
INSERT INTO device_counts SELECT '*', number >> 10, count(*) FROM devices GROUP BY 1, 2;

-- Only the index of trigrams is kept; the name itself is in `devices`.
CREATE VIRTUAL TABLE device_names USING fts5 (name, content = '', contentless_delete = 1, tokenize = 'trigram');

INSERT INTO device_names (rowid, name) SELECT number, name FROM devices;

CREATE TABLE device_tags (
    number  INTEGER NOT NULL REFERENCES devices (number) ON DELETE CASCADE,
    key     TEXT NOT NULL,
    value   TEXT NOT NULL,
    product TEXT NOT NULL,
    PRIMARY KEY (number, key, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX device_tags_by_value ON device_tags (key, value, product, number);

INSERT OR IGNORE INTO device_tags (number, key, value, product)
SELECT number, tag.value ->> 0, tag.value ->> 1, product FROM devices, json_each(devices.tags) AS tag;

CREATE TRIGGER device_created AFTER INSERT ON devices BEGIN
    INSERT INTO device_counts (product, block, devices)
    VALUES (new.product, new.number >> 10, 1), ('*', new.number >> 10, 1)
    ON CONFLICT DO UPDATE SET devices = devices + 1;
    INSERT INTO device_names (rowid, name) VALUES (new.number, new.name);
    INSERT OR IGNORE INTO device_tags (number, key, value, product)
    SELECT new.number, tag.value ->> 0, tag.value ->> 1, new.product FROM json_each(new.tags) AS tag;
END;

CREATE TRIGGER device_tagged AFTER UPDATE OF tags ON devices WHEN old.tags <> new.tags BEGIN
    DELETE FROM device_tags WHERE number = old.number;
    INSERT OR IGNORE INTO device_tags (number, key, value, product)
    SELECT new.number, tag.value ->> 0, tag.value ->> 1, new.product FROM json_each(new.tags) AS tag;
END;

CREATE TRIGGER device_deleted AFTER DELETE ON devices BEGIN
    UPDATE device_counts SET devices = devices - 1
    WHERE block = old.number >> 10 AND product IN (old.product, '*');
    DELETE FROM device_counts WHERE block = old.number >> 10 AND product IN (old.product, '*') AND devices = 0;
    DELETE FROM device_names WHERE rowid = old.number;
END;
