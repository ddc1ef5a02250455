-- no transaction
-- Learns the ties of the prices that are there, builds the index that prices are chosen from, and those of two pages.

CALL cohort_learn_price_ties();

CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_price_tie_variant
    ON cohort_price_tie (variant_id) INCLUDE (money_amount_id, price_list_id);

-- An index alone answers only about pages that were looked through.
VACUUM ANALYZE cohort_price_tie;

-- The new one does what this one of ours did.
DROP INDEX CONCURRENTLY IF EXISTS cohort_variant_amount;

-- The default order of variants, whose pages are what prices are asked for.
CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_product_variant_newest
    ON product_variant (created_at DESC, id) WHERE deleted_at IS NULL;

-- Customers with the newest first, as dashboards show them: a page is the beginning of an index instead of a sort of all;
-- of the members of a large group too, which are met in it soon.
CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_customer_newest
    ON customer (created_at DESC, id) WHERE deleted_at IS NULL;
