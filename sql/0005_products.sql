-- What prices are for.

DO $create$ BEGIN
IF to_regclass('product') IS NOT NULL THEN
    RAISE NOTICE 'adopted product';
    RETURN;
END IF;
CREATE TYPE product_status_enum AS ENUM ('draft', 'proposed', 'published', 'rejected');
CREATE TABLE product (
    id varchar NOT NULL,
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
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb,
    CONSTRAINT "PK_bebc9158e480b949565b4dc7a82" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX "IDX_cf9cc6c3f2e6414b992223fff1" ON product (handle) WHERE deleted_at IS NULL;
RAISE NOTICE 'created product';
END $create$;

DO $create$ BEGIN
IF to_regclass('product_variant') IS NOT NULL THEN
    RAISE NOTICE 'adopted product_variant';
    RETURN;
END IF;
CREATE TABLE product_variant (
    id varchar NOT NULL,
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
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb,
    CONSTRAINT "PK_1ab69c9935c61f7c70791ae0a9f" PRIMARY KEY (id),
    CONSTRAINT "FK_ca67dd080aac5ecf99609960cd2" FOREIGN KEY (product_id) REFERENCES product (id)
);
CREATE INDEX "IDX_ca67dd080aac5ecf99609960cd" ON product_variant (product_id);
CREATE UNIQUE INDEX "IDX_f4dc2c0888b66d547c175f090e" ON product_variant (sku)
    WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX "IDX_9db95c4b71f632fc93ecbc3d8b" ON product_variant (barcode)
    WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX "IDX_7124082c8846a06a857cca386c" ON product_variant (ean)
    WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX "IDX_a0a3f124dc5b167622217fee02" ON product_variant (upc)
    WHERE deleted_at IS NULL;
RAISE NOTICE 'created product_variant';
END $create$;
