-- no transaction
-- Indexes of our own, on Medusa's tables too: built while others go on writing. Each statement stands
-- alone and may be repeated; an index that an interruption left unfinished is dropped first.

-- Without it every read, change and cascade of a price list scans all prices. Not partial: a cascade
-- could not use it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_money_amount_price_list
    ON money_amount (price_list_id);

-- Which groups is this customer in: answered from the index alone.
CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_membership_customer
    ON customer_group_customers (customer_id, customer_group_id);

-- The default order of the group list.
CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_customer_group_newest
    ON customer_group (created_at DESC, id) WHERE deleted_at IS NULL;

-- Normally all but empty: counts members without visiting every customer.
CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_customer_deleted
    ON customer (id) WHERE deleted_at IS NOT NULL;

-- Every request with an API token looks here; Medusa scans.
CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_user_api_token
    ON "user" (api_token) WHERE api_token IS NOT NULL AND deleted_at IS NULL;
