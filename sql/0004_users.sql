-- Administrators, and how they are signed in.

DO $create$ BEGIN
IF to_regclass('"user"') IS NOT NULL THEN
    RAISE NOTICE 'adopted user';
    RETURN;
END IF;
CREATE TYPE user_role_enum AS ENUM ('admin', 'member', 'developer');
CREATE TABLE "user" (
    id varchar NOT NULL,
    email varchar NOT NULL,
    first_name varchar,
    last_name varchar,
    password_hash varchar,
    api_token varchar,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb,
    role user_role_enum DEFAULT 'member',
    CONSTRAINT "PK_cace4a159ff9f2512dd42373760" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX "IDX_ba8de19442d86957a3aa3b5006" ON "user" (email) WHERE deleted_at IS NULL;
RAISE NOTICE 'created user';
END $create$;

-- Cookie sessions. The key is a digest of what the browser holds, so that reading this table opens no
-- session. No foreign key: the user is looked up with every use, and deleting one stays Medusa's affair.
CREATE TABLE cohort_session (
    id text NOT NULL,
    user_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT cohort_session_pkey PRIMARY KEY (id)
);
CREATE INDEX cohort_session_user ON cohort_session (user_id);
CREATE INDEX cohort_session_expiry ON cohort_session (expires_at);

-- Failed sign-ins, by address and by digest of address and account, shared by all instances.
CREATE TABLE cohort_signin_attempt (
    key text NOT NULL,
    failures integer NOT NULL,
    waits_until timestamptz NOT NULL,
    forgotten_at timestamptz NOT NULL,
    CONSTRAINT cohort_signin_attempt_pkey PRIMARY KEY (key)
);
CREATE INDEX cohort_signin_attempt_forgotten ON cohort_signin_attempt (forgotten_at);

DO $$ BEGIN
    RAISE NOTICE 'created cohort_session';
    RAISE NOTICE 'created cohort_signin_attempt';
END $$;
