-- Version 10: custom topics of a product, as pairs of name and privilege (1 publish, 2 subscribe, 3 both). Products that are
-- there get those every product starts with.

ALTER TABLE products ADD COLUMN topics TEXT NOT NULL
    DEFAULT '[["${ProductId}/${DeviceName}/control",2],["${ProductId}/${DeviceName}/event",1],["${ProductId}/${DeviceName}/data",3]]';
