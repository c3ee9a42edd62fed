-- Gateways: whose devices a gateway product takes, and which devices come in through which gateway.

CREATE TABLE gateway_products (
    seq     INTEGER PRIMARY KEY,
    gateway TEXT NOT NULL REFERENCES products (id),
    product TEXT NOT NULL REFERENCES products (id),
    UNIQUE (gateway, product)
) STRICT;

-- For the check when a product is deleted.
CREATE INDEX gateway_products_by_product ON gateway_products (product);

CREATE TABLE gateway_devices (
    seq     INTEGER PRIMARY KEY,
    device  INTEGER NOT NULL UNIQUE REFERENCES devices (number),
    gateway INTEGER NOT NULL REFERENCES devices (number)
) STRICT;

CREATE INDEX gateway_devices_by_gateway ON gateway_devices (gateway);
