-- Version 4: how long a product's history is kept, in days; NULL is as long as the platform keeps by default.

ALTER TABLE products ADD COLUMN retention_days INTEGER;
