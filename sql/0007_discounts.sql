-- Discounts, as far as their conditions on customer groups need them.

DO $create$ BEGIN
IF to_regclass('discount_rule') IS NOT NULL THEN
    RAISE NOTICE 'adopted discount_rule';
    RETURN;
END IF;
CREATE TYPE discount_rule_type_enum AS ENUM ('fixed', 'percentage', 'free_shipping');
CREATE TYPE discount_rule_allocation_enum AS ENUM ('total', 'item');
CREATE TABLE discount_rule (
    id varchar NOT NULL,
    description varchar,
    type discount_rule_type_enum NOT NULL,
    value integer NOT NULL,
    allocation discount_rule_allocation_enum,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb,
    CONSTRAINT "PK_ac2c280de3701b2d66f6817f760" PRIMARY KEY (id)
);
RAISE NOTICE 'created discount_rule';
END $create$;

DO $create$ BEGIN
IF to_regclass('discount') IS NOT NULL THEN
    RAISE NOTICE 'adopted discount';
    RETURN;
END IF;
CREATE TABLE discount (
    id varchar NOT NULL,
    code varchar NOT NULL,
    is_dynamic boolean NOT NULL,
    is_disabled boolean NOT NULL,
    rule_id varchar,
    parent_discount_id varchar,
    starts_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    ends_at timestamptz,
    valid_duration varchar,
    usage_limit integer,
    usage_count integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb,
    CONSTRAINT "PK_d05d8712e429673e459e7f1cddb" PRIMARY KEY (id),
    CONSTRAINT "FK_ac2c280de3701b2d66f6817f760"
        FOREIGN KEY (rule_id) REFERENCES discount_rule (id),
    CONSTRAINT "FK_2250c5d9e975987ab212f61a663"
        FOREIGN KEY (parent_discount_id) REFERENCES discount (id)
);
CREATE UNIQUE INDEX "IDX_f65bf52e2239ace276ece2b2f4" ON discount (code) WHERE deleted_at IS NULL;
CREATE INDEX "IDX_ac2c280de3701b2d66f6817f76" ON discount (rule_id);
RAISE NOTICE 'created discount';
END $create$;

DO $create$ BEGIN
IF to_regclass('discount_condition') IS NOT NULL THEN
    RAISE NOTICE 'adopted discount_condition';
    RETURN;
END IF;
CREATE TYPE discount_condition_type_enum AS ENUM (
    'products', 'product_types', 'product_collections', 'product_tags', 'customer_groups');
CREATE TYPE discount_condition_operator_enum AS ENUM ('in', 'not_in');
CREATE TABLE discount_condition (
    id varchar NOT NULL,
    type discount_condition_type_enum NOT NULL,
    operator discount_condition_operator_enum NOT NULL,
    discount_rule_id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb,
    CONSTRAINT "PK_e6b81d83133ddc21a2baf2e2204" PRIMARY KEY (id),
    CONSTRAINT dctypeuniq UNIQUE (type, operator, discount_rule_id),
    CONSTRAINT "FK_efff700651718e452ca9580a624"
        FOREIGN KEY (discount_rule_id) REFERENCES discount_rule (id)
);
CREATE INDEX "IDX_efff700651718e452ca9580a62" ON discount_condition (discount_rule_id);
RAISE NOTICE 'created discount_condition';
END $create$;

DO $create$ BEGIN
IF to_regclass('discount_condition_customer_group') IS NOT NULL THEN
    RAISE NOTICE 'adopted discount_condition_customer_group';
    RETURN;
END IF;
CREATE TABLE discount_condition_customer_group (
    customer_group_id varchar NOT NULL,
    condition_id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb,
    CONSTRAINT "PK_cdc8b2277169a16b8b7d4c73e0e" PRIMARY KEY (customer_group_id, condition_id),
    CONSTRAINT "FK_4d5f98645a67545d8dea42e2eb8"
        FOREIGN KEY (customer_group_id) REFERENCES customer_group (id) ON DELETE CASCADE,
    CONSTRAINT "FK_8486ee16e69013c645d0b8716b6"
        FOREIGN KEY (condition_id) REFERENCES discount_condition (id) ON DELETE CASCADE
);
CREATE INDEX "IDX_4d5f98645a67545d8dea42e2eb"
    ON discount_condition_customer_group (customer_group_id);
CREATE INDEX "IDX_8486ee16e69013c645d0b8716b" ON discount_condition_customer_group (condition_id);
RAISE NOTICE 'created discount_condition_customer_group';
END $create$;
