-- The tables that Cohort shares, as the migrations of Medusa 1.20.10 leave them (tax flag on), among some
-- that it does not touch, with a row or two in each.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE migrations (
    id serial NOT NULL,
    timestamp bigint NOT NULL,
    name varchar NOT NULL,
    CONSTRAINT "PK_8c82d7f526340ab734260ea46be" PRIMARY KEY (id)
);
INSERT INTO migrations (timestamp, name) VALUES
    (1611063162649, 'initialSchema1611063162649'),
    (1709888477798, 'AlterCustomerUniqueConstraint1709888477798');
CREATE TABLE store (
    id varchar NOT NULL,
    name varchar NOT NULL DEFAULT 'Medusa Store',
    default_currency_code varchar NOT NULL DEFAULT 'usd',
    CONSTRAINT "PK_f3172007d4de5ae8e7692759d79" PRIMARY KEY (id)
);
INSERT INTO store (id) VALUES ('store_1');

CREATE TABLE currency (
    code varchar NOT NULL,
    symbol varchar NOT NULL,
    symbol_native varchar NOT NULL,
    name varchar NOT NULL,
    CONSTRAINT "PK_723472e41cae44beb0763f4039c" PRIMARY KEY (code)
);
CREATE TABLE tax_provider (
    id varchar NOT NULL,
    is_installed boolean NOT NULL DEFAULT true,
    CONSTRAINT "PK_b198bf82ba6a317c11763d99b99" PRIMARY KEY (id)
);
CREATE TABLE region (
    id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    name varchar NOT NULL,
    currency_code varchar NOT NULL,
    tax_rate real NOT NULL,
    tax_code varchar,
    gift_cards_taxable boolean NOT NULL DEFAULT true,
    automatic_taxes boolean NOT NULL DEFAULT true,
    tax_provider_id varchar,
    metadata jsonb,
    CONSTRAINT "PK_5f48ffc3af96bc486f5f3f3a6da" PRIMARY KEY (id)
);
CREATE INDEX "IDX_region_currency_code" ON region (currency_code);
CREATE TABLE country (
    id serial NOT NULL,
    iso_2 varchar NOT NULL,
    iso_3 varchar NOT NULL,
    num_code integer NOT NULL,
    name varchar NOT NULL,
    display_name varchar NOT NULL,
    region_id varchar,
    CONSTRAINT "PK_bf6e37c231c4f4ea56dcd887269" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX "IDX_e78901b1131eaf8203d9b1cb5f" ON country (iso_2);
CREATE INDEX "IDX_b1aac8314662fa6b25569a575b" ON country (region_id);
CREATE TABLE customer_group (
    id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    name varchar NOT NULL,
    metadata jsonb,
    CONSTRAINT "PK_88e7da3ff7262d9e0a35aa3664e" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX "IDX_c4c3a5225a7a1f0af782c40abc" ON customer_group (name) WHERE deleted_at IS NULL;
CREATE TABLE customer (
    id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    email varchar NOT NULL,
    first_name varchar,
    last_name varchar,
    billing_address_id varchar,
    password_hash varchar,
    phone varchar,
    has_account boolean NOT NULL DEFAULT false,
    metadata jsonb,
    CONSTRAINT "PK_a7a13f4cacb744524e44dfdad32" PRIMARY KEY (id),
    CONSTRAINT "REL_8abe81b9aac151ae60bf507ad1" UNIQUE (billing_address_id)
);
CREATE UNIQUE INDEX "IDX_unique_email_for_guests_and_customer_accounts" ON customer (email, has_account) WHERE deleted_at IS NULL;
CREATE INDEX "IDX_8abe81b9aac151ae60bf507ad1" ON customer (billing_address_id);
CREATE TABLE address (
    id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
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
    metadata jsonb,
    CONSTRAINT "PK_d92de1f82754668b5f5f5dd4fd5" PRIMARY KEY (id)
);
CREATE INDEX "IDX_9c9614b2f9d01665800ea8dbff" ON address (customer_id);
CREATE TABLE customer_group_customers (
    customer_group_id varchar NOT NULL,
    customer_id varchar NOT NULL,
    CONSTRAINT "PK_e28a55e34ad1e2d3df9a0ac86d3" PRIMARY KEY (customer_group_id, customer_id)
);
CREATE INDEX "IDX_620330964db8d2999e67b0dbe3" ON customer_group_customers (customer_group_id);
CREATE INDEX "IDX_3c6412d076292f439269abe1a2" ON customer_group_customers (customer_id);
CREATE TYPE user_role_enum AS ENUM ('admin', 'member', 'developer');
CREATE TABLE "user" (
    id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    email varchar NOT NULL,
    first_name varchar,
    last_name varchar,
    password_hash varchar,
    api_token varchar,
    metadata jsonb,
    role user_role_enum DEFAULT 'member',
    CONSTRAINT "PK_cace4a159ff9f2512dd42373760" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX "IDX_ba8de19442d86957a3aa3b5006" ON "user" (email) WHERE deleted_at IS NULL;
CREATE TYPE product_status_enum AS ENUM ('draft', 'proposed', 'published', 'rejected');
CREATE TABLE product (
    id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    title varchar NOT NULL,
    subtitle varchar,
    description varchar,
    handle varchar,
    is_giftcard boolean NOT NULL DEFAULT false,
    status product_status_enum NOT NULL DEFAULT 'draft',
    thumbnail varchar,
    weight integer,
    length integer,
    height integer,
    width integer,
    hs_code varchar,
    origin_country varchar,
    mid_code varchar,
    material varchar,
    collection_id varchar,
    type_id varchar,
    discountable boolean NOT NULL DEFAULT true,
    external_id varchar,
    metadata jsonb,
    CONSTRAINT "PK_bebc9158e480b949565b4dc7a82" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX "IDX_cf9cc6c3f2e6414b992223fff1" ON product (handle) WHERE deleted_at IS NULL;
CREATE TABLE product_variant (
    id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    title varchar NOT NULL,
    product_id varchar NOT NULL,
    sku varchar,
    barcode varchar,
    ean varchar,
    upc varchar,
    variant_rank integer DEFAULT 0,
    inventory_quantity integer NOT NULL,
    allow_backorder boolean NOT NULL DEFAULT false,
    manage_inventory boolean NOT NULL DEFAULT true,
    hs_code varchar,
    origin_country varchar,
    mid_code varchar,
    material varchar,
    weight integer,
    length integer,
    height integer,
    width integer,
    metadata jsonb,
    CONSTRAINT "PK_1ab69c9935c61f7c70791ae0a9f" PRIMARY KEY (id)
);
CREATE INDEX "IDX_ca67dd080aac5ecf99609960cd" ON product_variant (product_id);
CREATE UNIQUE INDEX "IDX_f4dc2c0888b66d547c175f090e" ON product_variant (sku) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX "IDX_9db95c4b71f632fc93ecbc3d8b" ON product_variant (barcode) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX "IDX_7124082c8846a06a857cca386c" ON product_variant (ean) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX "IDX_a0a3f124dc5b167622217fee02" ON product_variant (upc) WHERE deleted_at IS NULL;
CREATE TYPE price_list_type_enum AS ENUM ('sale', 'override');
CREATE TYPE price_list_status_enum AS ENUM ('active', 'draft');
CREATE TABLE price_list (
    id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    name varchar NOT NULL,
    description varchar NOT NULL,
    type price_list_type_enum NOT NULL DEFAULT 'sale',
    status price_list_status_enum NOT NULL DEFAULT 'draft',
    starts_at timestamptz,
    ends_at timestamptz,
    CONSTRAINT "PK_52ea7826468b1c889cb2c28df03" PRIMARY KEY (id)
);
CREATE TABLE price_list_customer_groups (
    price_list_id varchar NOT NULL,
    customer_group_id varchar NOT NULL,
    CONSTRAINT "PK_1afcbe15cc8782dc80c05707df9" PRIMARY KEY (price_list_id, customer_group_id)
);
CREATE INDEX "IDX_52875734e9dd69064f0041f4d9" ON price_list_customer_groups (price_list_id);
CREATE INDEX "IDX_c5516f550433c9b1c2630d787a" ON price_list_customer_groups (customer_group_id);
CREATE TABLE money_amount (
    id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    currency_code varchar NOT NULL,
    amount integer NOT NULL,
    region_id varchar,
    min_quantity integer,
    max_quantity integer,
    price_list_id varchar,
    CONSTRAINT "PK_022e49a7e21a8dfb820f788778a" PRIMARY KEY (id)
);
CREATE INDEX "IDX_money_amount_currency_code" ON money_amount (currency_code);
CREATE INDEX idx_money_amount_region_id ON money_amount (region_id);
CREATE TABLE product_variant_money_amount (
    id varchar NOT NULL,
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    money_amount_id text NOT NULL,
    variant_id text NOT NULL,
    CONSTRAINT "PK_product_variant_money_amount" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX idx_product_variant_money_amount_money_amount_id_unique ON product_variant_money_amount (money_amount_id);
CREATE INDEX idx_product_variant_money_amount_variant_id ON product_variant_money_amount (variant_id);
CREATE TYPE discount_rule_type_enum AS ENUM ('fixed', 'percentage', 'free_shipping');
CREATE TYPE discount_rule_allocation_enum AS ENUM ('total', 'item');
CREATE TABLE discount_rule (
    id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    description varchar,
    type discount_rule_type_enum NOT NULL,
    value integer NOT NULL,
    allocation discount_rule_allocation_enum,
    metadata jsonb,
    CONSTRAINT "PK_ac2c280de3701b2d66f6817f760" PRIMARY KEY (id)
);
CREATE TABLE discount (
    id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
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
    metadata jsonb,
    CONSTRAINT "PK_d05d8712e429673e459e7f1cddb" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX "IDX_f65bf52e2239ace276ece2b2f4" ON discount (code) WHERE deleted_at IS NULL;
CREATE INDEX "IDX_ac2c280de3701b2d66f6817f76" ON discount (rule_id);
CREATE TYPE discount_condition_type_enum AS ENUM ( 'products', 'product_types', 'product_collections', 'product_tags', 'customer_groups');
CREATE TYPE discount_condition_operator_enum AS ENUM ('in', 'not_in');
CREATE TABLE discount_condition (
    id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    type discount_condition_type_enum NOT NULL,
    operator discount_condition_operator_enum NOT NULL,
    discount_rule_id varchar NOT NULL,
    metadata jsonb,
    CONSTRAINT "PK_e6b81d83133ddc21a2baf2e2204" PRIMARY KEY (id),
    CONSTRAINT dctypeuniq UNIQUE (type, operator, discount_rule_id)
);
CREATE INDEX "IDX_efff700651718e452ca9580a62" ON discount_condition (discount_rule_id);
CREATE TABLE discount_condition_customer_group (
    customer_group_id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    condition_id varchar NOT NULL,
    metadata jsonb,
    CONSTRAINT "PK_cdc8b2277169a16b8b7d4c73e0e" PRIMARY KEY (customer_group_id, condition_id)
);
CREATE INDEX "IDX_4d5f98645a67545d8dea42e2eb" ON discount_condition_customer_group (customer_group_id);
CREATE INDEX "IDX_8486ee16e69013c645d0b8716b" ON discount_condition_customer_group (condition_id);
CREATE TABLE product_type (
    id varchar NOT NULL,
    value varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb,
    CONSTRAINT "PK_e0843930fbb8854fe36ca39dae1" PRIMARY KEY (id)
);
CREATE TABLE product_tag (
    id varchar NOT NULL,
    value varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb,
    CONSTRAINT "PK_1439455c6528caa94fcc8564fda" PRIMARY KEY (id)
);
CREATE TABLE product_collection (
    id varchar NOT NULL,
    title varchar NOT NULL,
    handle varchar,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb,
    CONSTRAINT "PK_49d419fc77d3aed46c835c558ac" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX "IDX_6910923cb678fd6e99011a21cc" ON product_collection (handle) WHERE deleted_at IS NULL;
CREATE TABLE product_tags (
    product_id varchar NOT NULL,
    product_tag_id varchar NOT NULL,
    CONSTRAINT "PK_1cf5c9537e7198df494b71b993f" PRIMARY KEY (product_id, product_tag_id)
);
CREATE INDEX "IDX_5b0c6fc53c574299ecc7f9ee22" ON product_tags (product_id);
CREATE INDEX "IDX_21683a063fe82dafdf681ecc9c" ON product_tags (product_tag_id);
CREATE TABLE discount_condition_product (
    product_id varchar NOT NULL,
    condition_id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb,
    CONSTRAINT "PK_994eb4529fdbf14450d64ec17e8" PRIMARY KEY (product_id, condition_id)
);
CREATE INDEX "IDX_f05132301e95bdab4ba1cf29a2" ON discount_condition_product (condition_id);
CREATE INDEX "IDX_c759f53b2e48e8cfb50638fe4e" ON discount_condition_product (product_id);
CREATE TABLE discount_condition_product_type (
    product_type_id varchar NOT NULL,
    condition_id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb,
    CONSTRAINT "PK_35d538a5a24399d0df978df12ed" PRIMARY KEY (product_type_id, condition_id)
);
CREATE INDEX "IDX_6ef23ce0b1d9cf9b5b833e52b9" ON discount_condition_product_type (condition_id);
CREATE INDEX "IDX_e706deb68f52ab2756119b9e70" ON discount_condition_product_type (product_type_id);
CREATE TABLE discount_condition_product_tag (
    product_tag_id varchar NOT NULL,
    condition_id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb,
    CONSTRAINT "PK_a95382c1e62205b121aa058682b" PRIMARY KEY (product_tag_id, condition_id)
);
CREATE INDEX "IDX_fbb2499551ed074526f3ee3624" ON discount_condition_product_tag (condition_id);
CREATE INDEX "IDX_01486cc9dc6b36bf658685535f" ON discount_condition_product_tag (product_tag_id);
CREATE TABLE discount_condition_product_collection (
    product_collection_id varchar NOT NULL,
    condition_id varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb,
    CONSTRAINT "PK_b3508fc787aa4a38705866cbb6d" PRIMARY KEY (product_collection_id, condition_id)
);
CREATE INDEX "IDX_a1c4f9cfb599ad1f0db39cadd5" ON discount_condition_product_collection (condition_id);
CREATE INDEX "IDX_a0b05dc4257abe639cb75f8eae" ON discount_condition_product_collection (product_collection_id);

ALTER TABLE address ADD CONSTRAINT "FK_6df8c6bf969a51d24c1980c4ff4" FOREIGN KEY (country_code) REFERENCES country (iso_2);
ALTER TABLE address ADD CONSTRAINT "FK_9c9614b2f9d01665800ea8dbff7" FOREIGN KEY (customer_id) REFERENCES customer (id);
ALTER TABLE country ADD CONSTRAINT "FK_b1aac8314662fa6b25569a575bb" FOREIGN KEY (region_id) REFERENCES region (id);
ALTER TABLE customer ADD CONSTRAINT "FK_8abe81b9aac151ae60bf507ad15" FOREIGN KEY (billing_address_id) REFERENCES address (id);
ALTER TABLE customer_group_customers ADD CONSTRAINT "FK_3c6412d076292f439269abe1a23" FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE;
ALTER TABLE customer_group_customers ADD CONSTRAINT "FK_620330964db8d2999e67b0dbe3e" FOREIGN KEY (customer_group_id) REFERENCES customer_group (id) ON DELETE CASCADE;
ALTER TABLE discount ADD CONSTRAINT "FK_2250c5d9e975987ab212f61a663" FOREIGN KEY (parent_discount_id) REFERENCES discount (id);
ALTER TABLE discount ADD CONSTRAINT "FK_ac2c280de3701b2d66f6817f760" FOREIGN KEY (rule_id) REFERENCES discount_rule (id);
ALTER TABLE discount_condition ADD CONSTRAINT "FK_efff700651718e452ca9580a624" FOREIGN KEY (discount_rule_id) REFERENCES discount_rule (id);
ALTER TABLE discount_condition_customer_group ADD CONSTRAINT "FK_4d5f98645a67545d8dea42e2eb8" FOREIGN KEY (customer_group_id) REFERENCES customer_group (id) ON DELETE CASCADE;
ALTER TABLE discount_condition_customer_group ADD CONSTRAINT "FK_8486ee16e69013c645d0b8716b6" FOREIGN KEY (condition_id) REFERENCES discount_condition (id) ON DELETE CASCADE;
ALTER TABLE discount_condition_product ADD CONSTRAINT "FK_c759f53b2e48e8cfb50638fe4e0" FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE;
ALTER TABLE discount_condition_product ADD CONSTRAINT "FK_f05132301e95bdab4ba1cf29a24" FOREIGN KEY (condition_id) REFERENCES discount_condition (id) ON DELETE CASCADE;
ALTER TABLE discount_condition_product_type ADD CONSTRAINT "FK_e706deb68f52ab2756119b9e704" FOREIGN KEY (product_type_id) REFERENCES product_type (id) ON DELETE CASCADE;
ALTER TABLE discount_condition_product_type ADD CONSTRAINT "FK_6ef23ce0b1d9cf9b5b833e52b9d" FOREIGN KEY (condition_id) REFERENCES discount_condition (id) ON DELETE CASCADE;
ALTER TABLE discount_condition_product_tag ADD CONSTRAINT "FK_01486cc9dc6b36bf658685535f6" FOREIGN KEY (product_tag_id) REFERENCES product_tag (id) ON DELETE CASCADE;
ALTER TABLE discount_condition_product_tag ADD CONSTRAINT "FK_fbb2499551ed074526f3ee36241" FOREIGN KEY (condition_id) REFERENCES discount_condition (id) ON DELETE CASCADE;
ALTER TABLE discount_condition_product_collection ADD CONSTRAINT "FK_a0b05dc4257abe639cb75f8eae2" FOREIGN KEY (product_collection_id) REFERENCES product_collection (id) ON DELETE CASCADE;
ALTER TABLE discount_condition_product_collection ADD CONSTRAINT "FK_a1c4f9cfb599ad1f0db39cadd5f" FOREIGN KEY (condition_id) REFERENCES discount_condition (id) ON DELETE CASCADE;
ALTER TABLE money_amount ADD CONSTRAINT "FK_b433e27b7a83e6d12ab26b15b03" FOREIGN KEY (region_id) REFERENCES region (id);
ALTER TABLE money_amount ADD CONSTRAINT "FK_e15811f81339e4bd8c440aebe1c" FOREIGN KEY (currency_code) REFERENCES currency (code);
ALTER TABLE money_amount ADD CONSTRAINT "FK_f249976b079375499662eb80c40" FOREIGN KEY (price_list_id) REFERENCES price_list (id) ON DELETE CASCADE;
ALTER TABLE price_list_customer_groups ADD CONSTRAINT "FK_52875734e9dd69064f0041f4d92" FOREIGN KEY (price_list_id) REFERENCES price_list (id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE price_list_customer_groups ADD CONSTRAINT "FK_c5516f550433c9b1c2630d787a7" FOREIGN KEY (customer_group_id) REFERENCES customer_group (id) ON DELETE CASCADE;
ALTER TABLE product_tags ADD CONSTRAINT "FK_21683a063fe82dafdf681ecc9c4" FOREIGN KEY (product_tag_id) REFERENCES product_tag (id) ON DELETE CASCADE;
ALTER TABLE product_tags ADD CONSTRAINT "FK_5b0c6fc53c574299ecc7f9ee22e" FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE;
ALTER TABLE product_variant ADD CONSTRAINT "FK_ca67dd080aac5ecf99609960cd2" FOREIGN KEY (product_id) REFERENCES product (id);
ALTER TABLE region ADD CONSTRAINT "FK_3bdd5896ec93be2f1c62a3309a5" FOREIGN KEY (currency_code) REFERENCES currency (code);
ALTER TABLE region ADD CONSTRAINT "FK_91f88052197680f9790272aaf5b" FOREIGN KEY (tax_provider_id) REFERENCES tax_provider (id);

ALTER TABLE currency ADD includes_tax boolean NOT NULL DEFAULT false;
ALTER TABLE region ADD includes_tax boolean NOT NULL DEFAULT false;
ALTER TABLE price_list ADD includes_tax boolean NOT NULL DEFAULT false;
CREATE INDEX idx_gin_product_title ON product USING gin (title gin_trgm_ops) WHERE deleted_at IS NULL;
CREATE INDEX idx_gin_product_description ON product USING gin (description gin_trgm_ops) WHERE deleted_at IS NULL;
CREATE TABLE "order" (
    id varchar NOT NULL,
    display_id serial NOT NULL,
    customer_id varchar NOT NULL,
    email varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT "PK_1031171c13130102495201e3e20" PRIMARY KEY (id),
    CONSTRAINT "FK_cd7812c96209c5bdd48a6b858b0" FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE INDEX "IDX_cd7812c96209c5bdd48a6b858b" ON "order" (customer_id);

INSERT INTO currency (code, symbol, symbol_native, name) VALUES ('usd', '$', '$', 'US Dollar');
INSERT INTO tax_provider (id) VALUES ('tax_system');
INSERT INTO region (id, name, currency_code, tax_rate, tax_provider_id) VALUES ('reg_1', 'NA', 'usd', 0, 'tax_system');
INSERT INTO country (iso_2, iso_3, num_code, name, display_name, region_id)
    VALUES ('us', 'usa', 840, 'UNITED STATES', 'United States', 'reg_1');
INSERT INTO customer_group (id, name, metadata) VALUES ('cgrp_1', 'VIP', '{"a": 1}');
INSERT INTO customer (id, email, has_account) VALUES ('cus_1', 'ana@example.com', true), ('cus_2', 'ana@example.com', false);
INSERT INTO address (id, customer_id, country_code) VALUES ('addr_1', 'cus_1', 'us');
UPDATE customer SET billing_address_id = 'addr_1' WHERE id = 'cus_1';
INSERT INTO customer_group_customers VALUES ('cgrp_1', 'cus_1');
INSERT INTO "order" (id, customer_id, email) VALUES ('order_1', 'cus_1', 'ana@example.com');
INSERT INTO "user" (id, email, api_token) VALUES ('admin_user', 'ops@example.com', 'token');
INSERT INTO price_list (id, name, description) VALUES ('pl_1', 'VIP', '');
INSERT INTO price_list_customer_groups VALUES ('pl_1', 'cgrp_1');
INSERT INTO money_amount (id, currency_code, amount, price_list_id) VALUES ('ma_1', 'usd', 100, 'pl_1');
INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id) VALUES ('pvma_ma_1', 'ma_1', 'variant_1');
