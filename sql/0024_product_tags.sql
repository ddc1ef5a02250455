-- The tags of products, where Medusa has them; else nothing. A tag that is deleted is none.

DO $view$ BEGIN
IF to_regclass('product_tags') IS NOT NULL AND to_regclass('product_tag') IS NOT NULL THEN
    CREATE VIEW cohort_product_tags AS
    SELECT l.product_id, l.product_tag_id
    FROM product_tags l
    JOIN product_tag t ON t.id = l.product_tag_id AND t.deleted_at IS NULL;
ELSE
    CREATE VIEW cohort_product_tags AS
    SELECT NULL::varchar AS product_id, NULL::varchar AS product_tag_id WHERE false;
END IF;
END $view$;
