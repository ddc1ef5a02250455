-- Customers, their addresses, their groups.

DO $create$ BEGIN
IF to_regclass('customer_group') IS NOT NULL THEN
    RAISE NOTICE 'adopted customer_group';
    RETURN;
END IF;
CREATE TABLE customer_group (
    id varchar NOT NULL,
    name varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb,
    CONSTRAINT "PK_88e7da3ff7262d9e0a35aa3664e" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX "IDX_c4c3a5225a7a1f0af782c40abc" ON customer_group (name)
    WHERE deleted_at IS NULL;
RAISE NOTICE 'created customer_group';
END $create$;

-- The two tables refer to each other, so the key from customer to its billing address comes last.
DO $create$
DECLARE
    customer_exists boolean := to_regclass('customer') IS NOT NULL;
BEGIN
IF customer_exists THEN
    RAISE NOTICE 'adopted customer';
ELSE
    CREATE TABLE customer (
        id varchar NOT NULL,
        email varchar NOT NULL,
        first_name varchar,
        last_name varchar,
        billing_address_id varchar,
        password_hash varchar,
        phone varchar,
        has_account boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz,
        metadata jsonb,
        CONSTRAINT "PK_a7a13f4cacb744524e44dfdad32" PRIMARY KEY (id),
        CONSTRAINT "REL_8abe81b9aac151ae60bf507ad1" UNIQUE (billing_address_id)
    );
    CREATE UNIQUE INDEX "IDX_unique_email_for_guests_and_customer_accounts"
        ON customer (email, has_account) WHERE deleted_at IS NULL;
    CREATE INDEX "IDX_8abe81b9aac151ae60bf507ad1" ON customer (billing_address_id);
    RAISE NOTICE 'created customer';
END IF;

IF to_regclass('address') IS NOT NULL THEN
    RAISE NOTICE 'adopted address';
ELSE
    CREATE TABLE address (
        id varchar NOT NULL,
        customer_id varchar,
        company varchar,
        first_name varchar,
        last_name varchar,
        address_1 varchar,
        address_2 varchar,
        city varchar,
        country_code varchar,
        province varchar,
        postal_code varchar,
        phone varchar,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz,
        metadata jsonb,
        CONSTRAINT "PK_d92de1f82754668b5f5f5dd4fd5" PRIMARY KEY (id),
        CONSTRAINT "FK_9c9614b2f9d01665800ea8dbff7"
            FOREIGN KEY (customer_id) REFERENCES customer (id),
        CONSTRAINT "FK_6df8c6bf969a51d24c1980c4ff4"
            FOREIGN KEY (country_code) REFERENCES country (iso_2)
    );
    CREATE INDEX "IDX_9c9614b2f9d01665800ea8dbff" ON address (customer_id);
    RAISE NOTICE 'created address';
END IF;

IF NOT customer_exists THEN
    ALTER TABLE customer ADD CONSTRAINT "FK_8abe81b9aac151ae60bf507ad15"
        FOREIGN KEY (billing_address_id) REFERENCES address (id);
END IF;
END $create$;

DO $create$ BEGIN
IF to_regclass('customer_group_customers') IS NOT NULL THEN
    RAISE NOTICE 'adopted customer_group_customers';
    RETURN;
END IF;
CREATE TABLE customer_group_customers (
    customer_group_id varchar NOT NULL,
    customer_id varchar NOT NULL,
    CONSTRAINT "PK_e28a55e34ad1e2d3df9a0ac86d3" PRIMARY KEY (customer_group_id, customer_id),
    CONSTRAINT "FK_620330964db8d2999e67b0dbe3e"
        FOREIGN KEY (customer_group_id) REFERENCES customer_group (id) ON DELETE CASCADE,
    CONSTRAINT "FK_3c6412d076292f439269abe1a23"
        FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE
);
CREATE INDEX "IDX_620330964db8d2999e67b0dbe3" ON customer_group_customers (customer_group_id);
CREATE INDEX "IDX_3c6412d076292f439269abe1a2" ON customer_group_customers (customer_id);
RAISE NOTICE 'created customer_group_customers';
END $create$;
