-- no transaction
-- optional: pg_trgm
-- Search by any part of a name or an address. Without them the same answers take longer, in proportion
-- to the number of customers. pg_trgm comes with PostgreSQL's contrib package.

-- One index over three columns serves Medusa's own search as well.
CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_customer_search ON customer
    USING gin (email gin_trgm_ops, first_name gin_trgm_ops, last_name gin_trgm_ops)
    WHERE deleted_at IS NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_customer_group_search ON customer_group
    USING gin (name gin_trgm_ops) WHERE deleted_at IS NULL;

-- Medusa's own two, by its names: nothing happens where it made them.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_gin_product_title ON product
    USING gin (title gin_trgm_ops) WHERE deleted_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_gin_product_description ON product
    USING gin (description gin_trgm_ops) WHERE deleted_at IS NULL;
