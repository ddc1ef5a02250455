-- no transaction
-- Looks customers up by their id alone. A page of members is of customers that lie anywhere in the table: a hash index finds
-- each in one page, where the primary key takes one more for every level it has.
CREATE INDEX CONCURRENTLY IF NOT EXISTS cohort_customer_id
    ON customer USING hash (id);
