-- no transaction
-- What choosing prices reads for every amount of a variant, from two indexes alone: most amounts belong to lists that
-- are not for the customer, and need not be fetched. Under the collation "C", because comparing ids is most of what
-- a look-up costs, and nobody sorts by them here.

CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_variant_amount
    ON product_variant_money_amount (variant_id COLLATE "C") INCLUDE (money_amount_id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_money_amount_live
    ON money_amount (id COLLATE "C")
    INCLUDE (price_list_id, region_id, currency_code, amount, min_quantity, max_quantity, created_at, updated_at)
    WHERE deleted_at IS NULL;
