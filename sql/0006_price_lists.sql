-- Prices, the lists they may belong to, and the groups that a list is for.

DO $create$ BEGIN
IF to_regclass('price_list') IS NOT NULL THEN
    RAISE NOTICE 'adopted price_list';
    RETURN;
END IF;
CREATE TYPE price_list_type_enum AS ENUM ('sale', 'override');
CREATE TYPE price_list_status_enum AS ENUM ('active', 'draft');
CREATE TABLE price_list (
    id varchar NOT NULL,
    name varchar NOT NULL,
    description varchar NOT NULL,
    type price_list_type_enum NOT NULL DEFAULT 'sale',
    status price_list_status_enum NOT NULL DEFAULT 'draft',
    starts_at timestamptz,
    ends_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CONSTRAINT "PK_52ea7826468b1c889cb2c28df03" PRIMARY KEY (id)
);
RAISE NOTICE 'created price_list';
END $create$;

DO $create$ BEGIN
IF to_regclass('price_list_customer_groups') IS NOT NULL THEN
    RAISE NOTICE 'adopted price_list_customer_groups';
    RETURN;
END IF;
CREATE TABLE price_list_customer_groups (
    price_list_id varchar NOT NULL,
    customer_group_id varchar NOT NULL,
    CONSTRAINT "PK_1afcbe15cc8782dc80c05707df9" PRIMARY KEY (price_list_id, customer_group_id),
    CONSTRAINT "FK_52875734e9dd69064f0041f4d92"
        FOREIGN KEY (price_list_id) REFERENCES price_list (id)
        ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "FK_c5516f550433c9b1c2630d787a7"
        FOREIGN KEY (customer_group_id) REFERENCES customer_group (id) ON DELETE CASCADE
);
CREATE INDEX "IDX_52875734e9dd69064f0041f4d9" ON price_list_customer_groups (price_list_id);
CREATE INDEX "IDX_c5516f550433c9b1c2630d787a" ON price_list_customer_groups (customer_group_id);
RAISE NOTICE 'created price_list_customer_groups';
END $create$;

DO $create$ BEGIN
IF to_regclass('money_amount') IS NOT NULL THEN
    RAISE NOTICE 'adopted money_amount';
    RETURN;
END IF;
CREATE TABLE money_amount (
    id varchar NOT NULL,
    currency_code varchar NOT NULL,
    amount integer NOT NULL,
    region_id varchar,
    min_quantity integer,
    max_quantity integer,
    price_list_id varchar,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CONSTRAINT "PK_022e49a7e21a8dfb820f788778a" PRIMARY KEY (id),
    CONSTRAINT "FK_e15811f81339e4bd8c440aebe1c"
        FOREIGN KEY (currency_code) REFERENCES currency (code),
    CONSTRAINT "FK_b433e27b7a83e6d12ab26b15b03" FOREIGN KEY (region_id) REFERENCES region (id),
    CONSTRAINT "FK_f249976b079375499662eb80c40"
        FOREIGN KEY (price_list_id) REFERENCES price_list (id) ON DELETE CASCADE
);
CREATE INDEX "IDX_money_amount_currency_code" ON money_amount (currency_code);
CREATE INDEX idx_money_amount_region_id ON money_amount (region_id);
RAISE NOTICE 'created money_amount';
END $create$;

-- Medusa has no foreign keys here, and text where other tables have varchar.
DO $create$ BEGIN
IF to_regclass('product_variant_money_amount') IS NOT NULL THEN
    RAISE NOTICE 'adopted product_variant_money_amount';
    RETURN;
END IF;
CREATE TABLE product_variant_money_amount (
    id varchar NOT NULL,
    money_amount_id text NOT NULL,
    variant_id text NOT NULL,
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT "PK_product_variant_money_amount" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX idx_product_variant_money_amount_money_amount_id_unique
    ON product_variant_money_amount (money_amount_id);
CREATE INDEX idx_product_variant_money_amount_variant_id
    ON product_variant_money_amount (variant_id);
RAISE NOTICE 'created product_variant_money_amount';
END $create$;
