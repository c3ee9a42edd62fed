-- Version 5: dynamic registration of a product's devices, and the secret they register with.

ALTER TABLE products ADD COLUMN registration TEXT NOT NULL DEFAULT 'off'; -- off, existing, auto

-- With auto: devices the product may have.
ALTER TABLE products ADD COLUMN register_limit INTEGER NOT NULL DEFAULT 0;

-- Sealed, bound to the product's id; NULL until registration is switched on for the first time.
ALTER TABLE products ADD COLUMN secret BLOB;
