-- Customers who are signed in. A browser has one cookie for both kinds of session, as with Medusa; the two lie
-- under the same key, and one ends without the other. No foreign key, as in cohort_session.
CREATE TABLE cohort_customer_session (
    id text NOT NULL,
    customer_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT cohort_customer_session_pkey PRIMARY KEY (id)
);
CREATE INDEX cohort_customer_session_customer ON cohort_customer_session (customer_id);
CREATE INDEX cohort_customer_session_expiry ON cohort_customer_session (expires_at);

DO $$ BEGIN
    RAISE NOTICE 'created cohort_customer_session';
END $$;
