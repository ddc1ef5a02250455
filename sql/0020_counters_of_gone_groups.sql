-- A group that was deleted beside 0017_fill_counters.sql, before its members were counted there, took them off a counter that
-- they had never been added to. Such a counter is below nothing, and stays wrong if the group's id comes back.
SELECT cohort_recount_members(ARRAY(
    SELECT customer_group_id
    FROM (SELECT customer_group_id, count(*) AS n FROM customer_group_customers GROUP BY 1) m
    FULL JOIN (SELECT customer_group_id, sum(n) AS n FROM cohort_member_count GROUP BY 1) c
        USING (customer_group_id)
    WHERE coalesce(m.n, 0) <> coalesce(c.n, 0)));

DO $$ BEGIN
    RAISE NOTICE 'compared the counters of members with the table';
END $$;
