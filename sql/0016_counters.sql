-- How many customers and groups there are and how many members each group has, without counting them: triggers
-- note every change, whoever makes it, in the transaction that makes it. docs/decisions/0012 says why so.
--
-- A counter is the sum of its rows. A change adds a row and touches no other, so that nobody ever waits for
-- somebody else's count. Now and then whoever adds a row puts old ones together, passing over those that
-- somebody else is just putting together.
--
-- Each counter depends on one table alone. That a customer was softly deleted therefore changes nothing of the
-- members here: whoever reads takes those customers off.

-- A counter is good from `filled_at` on: what was there before the triggers is counted later, beside running writers.
CREATE TABLE cohort_counter (
    relation text NOT NULL,
    filled_at timestamptz,
    -- The last group whose members are counted, while that goes on.
    resume_after text,
    CONSTRAINT cohort_counter_pkey PRIMARY KEY (relation)
);
INSERT INTO cohort_counter (relation) VALUES ('customer'), ('customer_group'), ('customer_group_customers');

-- Two that recount at once would both add what is missing, and a TRUNCATE in between would leave nothing to miss: both
-- are kept out until the transaction ends. What follows must see what they did before; in READ COMMITTED it does.
CREATE FUNCTION cohort_recount_begins(counted text) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'counters are recounted in READ COMMITTED only';
    END IF;
    PERFORM FROM cohort_counter WHERE relation = counted FOR UPDATE;
    EXECUTE format('LOCK TABLE %I IN ACCESS SHARE MODE', counted);
END $function$;

-- Live customers and live groups: the same twice.
DO $make$
DECLARE
    counted text;
BEGIN
FOREACH counted IN ARRAY ARRAY['customer', 'customer_group'] LOOP
    EXECUTE format($sql$
        CREATE TABLE cohort_%1$s_count (
            n bigint NOT NULL,
            -- Finds the rows of transactions that are over without looking at those of others, who may add many.
            made_by xid8 NOT NULL DEFAULT pg_current_xact_id()
        );
        CREATE INDEX cohort_%1$s_count_age ON cohort_%1$s_count (made_by);

        CREATE FUNCTION cohort_fold_%1$s() RETURNS bigint LANGUAGE sql AS $function$
            WITH old AS (
                DELETE FROM cohort_%1$s_count WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM cohort_%1$s_count
                    WHERE made_by < pg_snapshot_xmin(pg_current_snapshot())
                    LIMIT 10000 FOR UPDATE SKIP LOCKED))
                RETURNING n
            ), sum AS (
                INSERT INTO cohort_%1$s_count (n) SELECT sum(n) FROM old HAVING sum(n) <> 0
            )
            SELECT count(*) FROM old
        $function$;

        -- The owner's rights, because Medusa may connect as another role.
        CREATE FUNCTION cohort_count_%1$s() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = %2$I, pg_temp AS $function$
        BEGIN
            IF TG_OP = 'TRUNCATE' THEN
                -- Goes around snapshots exactly as the TRUNCATE does that it follows.
                TRUNCATE cohort_%1$s_count;
                RETURN NULL;
            ELSIF TG_OP = 'INSERT' THEN
                INSERT INTO cohort_%1$s_count (n)
                SELECT count(*) FROM made WHERE deleted_at IS NULL HAVING count(*) > 0;
            ELSIF TG_OP = 'DELETE' THEN
                INSERT INTO cohort_%1$s_count (n)
                SELECT -count(*) FROM gone WHERE deleted_at IS NULL HAVING count(*) > 0;
            ELSE
                INSERT INTO cohort_%1$s_count (n) VALUES (CASE WHEN NEW.deleted_at IS NULL THEN 1 ELSE -1 END);
            END IF;
            -- Under stricter isolation a row that somebody else has put away would be an error.
            IF FOUND AND random() < 0.03 AND current_setting('transaction_isolation') = 'read committed' THEN
                PERFORM cohort_fold_%1$s();
            END IF;
            RETURN NULL;
        END $function$;

        -- Adds what is missing, found in one snapshot: right at any time, beside any writers.
        CREATE FUNCTION cohort_recount_%1$s() RETURNS void LANGUAGE plpgsql AS $function$
        BEGIN
            PERFORM cohort_recount_begins('%1$s');
            INSERT INTO cohort_%1$s_count (n)
            SELECT n FROM (
                SELECT (SELECT count(*) FROM %1$s WHERE deleted_at IS NULL)
                    - (SELECT coalesce(sum(n), 0) FROM cohort_%1$s_count) AS n
            ) AS missing WHERE n <> 0;
        END $function$;
        $sql$, counted, current_schema());
    RAISE NOTICE 'created cohort_%_count', counted;
END LOOP;
END $make$;

-- Whoever reads page after page tells by the rows whether a group's members are the same as before: a change of members
-- adds a row even if their number stays, and no rows are ever there twice.
CREATE TABLE cohort_member_count (
    customer_group_id text NOT NULL,
    n bigint NOT NULL,
    made_by xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX cohort_member_count_age ON cohort_member_count (customer_group_id, made_by);

CREATE FUNCTION cohort_fold_members(groups text[]) RETURNS bigint LANGUAGE sql AS $function$
    WITH old AS (
        DELETE FROM cohort_member_count WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM cohort_member_count
            WHERE customer_group_id = ANY (groups) AND made_by < pg_snapshot_xmin(pg_current_snapshot())
            LIMIT 10000 FOR UPDATE SKIP LOCKED))
        RETURNING customer_group_id, n
    ), sum AS (
        -- Also nothing, while there is the group: its rows then differ from any that were there before.
        INSERT INTO cohort_member_count (customer_group_id, n)
        SELECT customer_group_id, sum(n) FROM old GROUP BY customer_group_id
        HAVING sum(n) <> 0 OR EXISTS (SELECT FROM customer_group g WHERE g.id = customer_group_id)
    )
    SELECT count(*) FROM old
$function$;

CREATE FUNCTION cohort_count_members() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $function$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        TRUNCATE cohort_member_count;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO cohort_member_count (customer_group_id, n)
        SELECT customer_group_id, count(*) FROM made GROUP BY customer_group_id;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO cohort_member_count (customer_group_id, n)
        SELECT customer_group_id, -count(*) FROM gone GROUP BY customer_group_id;
    ELSE
        INSERT INTO cohort_member_count (customer_group_id, n)
        SELECT customer_group_id, sum(n) FROM (
            SELECT customer_group_id, 1 AS n FROM made
            UNION ALL
            SELECT customer_group_id, -1 FROM gone
        ) AS changes GROUP BY customer_group_id;
    END IF;
    IF FOUND AND random() < 0.03 AND current_setting('transaction_isolation') = 'read committed' THEN
        IF TG_OP = 'DELETE' THEN
            PERFORM cohort_fold_members(ARRAY(SELECT DISTINCT customer_group_id FROM gone));
        ELSE
            PERFORM cohort_fold_members(ARRAY(SELECT DISTINCT customer_group_id FROM made));
        END IF;
    END IF;
    RETURN NULL;
END $function$;

-- What readers do until the counter is filled. A function, because a plan that counts looks so dear, though it hardly
-- ever does, that PostgreSQL plans anew for each group. STABLE: in the snapshot of whoever asks.
CREATE FUNCTION cohort_visit_members(group_id text) RETURNS bigint LANGUAGE plpgsql STABLE AS $function$
BEGIN
    RETURN (
        SELECT count(*) FROM customer c JOIN customer_group_customers m ON m.customer_id = c.id
        WHERE c.deleted_at IS NULL AND m.customer_group_id = group_id);
END $function$;

-- Each group is a counter of its own, so that those of many need not come from one snapshot.
CREATE FUNCTION cohort_recount_members(groups text[]) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM cohort_recount_begins('customer_group_customers');
    INSERT INTO cohort_member_count (customer_group_id, n)
    SELECT customer_group_id, sum(n) FROM (
        SELECT customer_group_id, count(*) AS n FROM customer_group_customers
        WHERE customer_group_id = ANY (groups) GROUP BY customer_group_id
        UNION ALL
        SELECT customer_group_id, -n FROM cohort_member_count WHERE customer_group_id = ANY (groups)
    ) AS missing GROUP BY customer_group_id HAVING sum(n) <> 0;
END $function$;

-- Counts what was there before the triggers, the members of a thousand groups in a transaction. It may be stopped at
-- any time, and called again.
CREATE PROCEDURE cohort_fill_counters() LANGUAGE plpgsql AS $procedure$
DECLARE
    counted text;
    groups text[];
    done bigint;
    total bigint;
BEGIN
    FOREACH counted IN ARRAY ARRAY['customer', 'customer_group'] LOOP
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
        IF EXISTS (SELECT FROM cohort_counter WHERE relation = counted AND filled_at IS NULL) THEN
            RAISE NOTICE 'counting %', CASE counted WHEN 'customer' THEN 'customers' ELSE 'groups' END;
            EXECUTE format('SELECT cohort_recount_%s()', counted);
            UPDATE cohort_counter SET filled_at = clock_timestamp() WHERE relation = counted;
        END IF;
    END LOOP;

    SELECT count(*) FILTER (WHERE g.id <= c.resume_after), count(*) INTO done, total
    FROM cohort_counter c, customer_group g
    WHERE c.relation = 'customer_group_customers' AND c.filled_at IS NULL;
    LOOP
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
        groups := ARRAY(
            SELECT g.id FROM cohort_counter c, customer_group g
            WHERE c.relation = 'customer_group_customers' AND c.filled_at IS NULL
                AND (c.resume_after IS NULL OR g.id > c.resume_after)
            ORDER BY g.id LIMIT 1000);
        EXIT WHEN groups = '{}';
        PERFORM cohort_recount_members(groups);
        UPDATE cohort_counter SET resume_after = groups[cardinality(groups)]
        WHERE relation = 'customer_group_customers';
        done := done + cardinality(groups);
        RAISE NOTICE 'counted the members of % of % groups', done, greatest(done, total);
    END LOOP;
    UPDATE cohort_counter SET filled_at = clock_timestamp(), resume_after = NULL
    WHERE relation = 'customer_group_customers' AND filled_at IS NULL;
END $procedure$;

-- A function with its owner's rights looks for tables where its maker did, and nowhere else.
DO $pin$ BEGIN
    EXECUTE format('ALTER FUNCTION cohort_count_members() SET search_path = %I, pg_temp', current_schema());
    RAISE NOTICE 'created cohort_member_count';
    RAISE NOTICE 'created cohort_counter';
END $pin$;

-- From here to the end writers wait: all locks at once, and parents first, as when customers or groups are deleted.
LOCK TABLE customer, customer_group, customer_group_customers IN SHARE ROW EXCLUSIVE MODE;

CREATE TRIGGER cohort_count_inserted AFTER INSERT ON customer
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION cohort_count_customer();
CREATE TRIGGER cohort_count_deleted AFTER DELETE ON customer
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION cohort_count_customer();
-- A row at a time: hardly an update deletes or restores, and those that do not cost next to nothing this way.
CREATE TRIGGER cohort_count_updated AFTER UPDATE ON customer
    FOR EACH ROW WHEN ((OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL))
    EXECUTE FUNCTION cohort_count_customer();
CREATE TRIGGER cohort_count_truncated AFTER TRUNCATE ON customer
    FOR EACH STATEMENT EXECUTE FUNCTION cohort_count_customer();

CREATE TRIGGER cohort_count_inserted AFTER INSERT ON customer_group
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION cohort_count_customer_group();
CREATE TRIGGER cohort_count_deleted AFTER DELETE ON customer_group
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION cohort_count_customer_group();
CREATE TRIGGER cohort_count_updated AFTER UPDATE ON customer_group
    FOR EACH ROW WHEN ((OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL))
    EXECUTE FUNCTION cohort_count_customer_group();
CREATE TRIGGER cohort_count_truncated AFTER TRUNCATE ON customer_group
    FOR EACH STATEMENT EXECUTE FUNCTION cohort_count_customer_group();

CREATE TRIGGER cohort_count_inserted AFTER INSERT ON customer_group_customers
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION cohort_count_members();
CREATE TRIGGER cohort_count_deleted AFTER DELETE ON customer_group_customers
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION cohort_count_members();
CREATE TRIGGER cohort_count_updated AFTER UPDATE ON customer_group_customers
    REFERENCING OLD TABLE AS gone NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION cohort_count_members();
CREATE TRIGGER cohort_count_truncated AFTER TRUNCATE ON customer_group_customers
    FOR EACH STATEMENT EXECUTE FUNCTION cohort_count_members();
