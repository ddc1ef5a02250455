-- no transaction
-- A list's prices in their order: each batch of a long list begins in the index where the one before ended.

CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_money_amount_list_order
    ON money_amount (price_list_id, id);

-- The new one does what this one of ours did.
DROP INDEX CONCURRENTLY IF EXISTS cohort_money_amount_price_list;
