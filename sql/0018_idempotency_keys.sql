-- Answers that writes with an Idempotency-Key were given, for who sends the same again. The key is a digest of who asked,
-- how, and the key that came with it; the fingerprint tells whether it was the same request. Without an answer the
-- record is read again, at `source`. No foreign keys: a record outlives what it tells of, by a day.
CREATE TABLE cohort_idempotency_key (
    key bytea NOT NULL,
    fingerprint bytea NOT NULL,
    status int4 NOT NULL,
    content_type text,
    answer bytea,
    source text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT cohort_idempotency_key_pkey PRIMARY KEY (key)
);
CREATE INDEX cohort_idempotency_key_age ON cohort_idempotency_key (created_at);

DO $$ BEGIN
    RAISE NOTICE 'created cohort_idempotency_key';
END $$;
