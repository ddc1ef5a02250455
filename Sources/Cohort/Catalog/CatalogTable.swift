import Postgres

/// How lines of one kind are stored: as rows of a table, each replacing the one with its key.
///
/// Each look-up ends in LIMIT, so that it stays one in an index: the tables grow under the statement, faster
/// than PostgreSQL's figures about them, and it would take them for small and read them whole for every batch.
///
/// The statement takes the lines as `$1`, a JSON array of objects with the number of each as `line`, stores
/// those that can be, and answers the others: `line` and `reason`.
struct CatalogTable {
    let table: StaticString
    var key: StaticString = "id"
    /// What a line says of each column, under its name, and what is stored where it says nothing.
    let columns: [(name: StaticString, type: StaticString, fallback: SQL)]
    /// Columns of which no two live rows may have the same.
    var uniques: [StaticString] = []
    /// Columns that name a row of another table.
    var references: [Reference] = []
    /// Whether rows can be deleted softly; one that is stored again lives again.
    var isSoftlyDeleted = true

    struct Reference {
        let column: StaticString
        let table: StaticString
        var key: StaticString = "id"
        var isSoftlyDeleted = true
    }

    var statement: Statement {
        Statement(
            "catalog", table,
            composing: given + "refused AS MATERIALIZED ("
                + .joined(refusals, by: " UNION ALL ") + "), stored AS (" + upsert
                + ") SELECT line, string_agg(reason, ', ' ORDER BY reason) FROM refused GROUP BY line"
                + " ORDER BY line", lane: .write)
    }

    private var given: SQL {
        "WITH given AS MATERIALIZED (SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (line int, "
            + .joined(columns.map { SQL($0.name) + " " + SQL($0.type) }, by: ", ") + ")), "
    }

    private var refusals: [SQL] {
        var refusals: [SQL] = [
            // A row that this transaction wrote comes from an earlier line.
            "SELECT g.line, '" + SQL(key) + " ' || g." + SQL(key)
                + " || ' is that of an earlier line' AS reason FROM given g CROSS JOIN LATERAL (SELECT r.xmin FROM "
                + SQL(table) + " r WHERE r." + SQL(key) + " = g." + SQL(key)
                + " LIMIT 1) r WHERE r.xmin = pg_current_xact_id()::xid",
            repeated(key),
        ]
        for unique in uniques {
            refusals.append(
                "SELECT g.line, '" + SQL(unique) + " ' || g." + SQL(unique)
                    + " || ' is taken by ' || r.id FROM given g CROSS JOIN LATERAL (SELECT r.id FROM "
                    + SQL(table) + " r WHERE r." + SQL(unique) + " = g." + SQL(unique)
                    + " AND r.id <> g.id AND r.deleted_at IS NULL LIMIT 1) r")
            refusals.append(repeated(unique))
        }
        for reference in references {
            refusals.append(
                "SELECT g.line, '" + SQL(reference.column) + " ' || g." + SQL(reference.column)
                    + " || ' does not exist' FROM given g WHERE g." + SQL(reference.column)
                    + " IS NOT NULL AND (SELECT true FROM " + SQL(reference.table) + " r WHERE r."
                    + SQL(reference.key) + " = g." + SQL(reference.column)
                    + (reference.isSoftlyDeleted ? " AND r.deleted_at IS NULL" : "")
                    + " LIMIT 1) IS NULL")
        }
        return refusals
    }

    /// Lines that say what one before them says.
    private func repeated(_ column: StaticString) -> SQL {
        "SELECT line, '" + SQL(column) + " ' || " + SQL(column)
            + " || ' is that of an earlier line' FROM (SELECT line, " + SQL(column)
            + ", row_number() OVER (PARTITION BY " + SQL(column)
            + " ORDER BY line) AS place FROM given WHERE " + SQL(column)
            + " IS NOT NULL) o WHERE place > 1"
    }

    private var upsert: SQL {
        let names = columns.map { SQL($0.name) }
        let values = columns.map { "COALESCE(g." + SQL($0.name) + ", " + $0.fallback + ")" }
        var changes = names.map { $0 + " = excluded." + $0 }
        if isSoftlyDeleted { changes += ["deleted_at = NULL", "updated_at = CURRENT_TIMESTAMP"] }
        return "INSERT INTO " + SQL(table) + " (" + .joined(names, by: ", ") + ") SELECT "
            + .joined(values, by: ", ") + " FROM given g"
            + " WHERE NOT EXISTS (SELECT FROM refused f WHERE f.line = g.line) ON CONFLICT ("
            + SQL(key) + ") DO UPDATE SET " + .joined(changes, by: ", ")
    }
}

extension CatalogTable {
    static let currency = CatalogTable(
        table: "currency", key: "code",
        columns: ["code", "symbol", "symbol_native", "name"].map { ($0, "text", "NULL") },
        isSoftlyDeleted: false)

    static let region = CatalogTable(
        table: "region",
        columns: [
            ("id", "text", "NULL"), ("name", "text", "NULL"), ("currency_code", "text", "NULL"),
            ("tax_rate", "real", "NULL"), ("tax_code", "text", "NULL"),
            ("automatic_taxes", "bool", "true"), ("gift_cards_taxable", "bool", "true"),
            ("metadata", "jsonb", "NULL"),
        ],
        references: [
            Reference(
                column: "currency_code", table: "currency", key: "code", isSoftlyDeleted: false)
        ])

    private static let sizes: [(name: StaticString, type: StaticString, fallback: SQL)] = [
        ("weight", "int", "NULL"), ("length", "int", "NULL"), ("height", "int", "NULL"),
        ("width", "int", "NULL"), ("hs_code", "text", "NULL"), ("origin_country", "text", "NULL"),
        ("mid_code", "text", "NULL"), ("material", "text", "NULL"), ("metadata", "jsonb", "NULL"),
    ]

    static let product = CatalogTable(
        table: "product",
        columns: [
            ("id", "text", "NULL"), ("title", "text", "NULL"), ("subtitle", "text", "NULL"),
            ("description", "text", "NULL"), ("handle", "text", "NULL"),
            ("thumbnail", "text", "NULL"), ("collection_id", "text", "NULL"),
            ("type_id", "text", "NULL"), ("external_id", "text", "NULL"),
            ("status", "product_status_enum", "'published'"), ("is_giftcard", "bool", "false"),
            ("discountable", "bool", "true"),
        ] + sizes,
        uniques: ["handle"])

    static let variant = CatalogTable(
        table: "product_variant",
        columns: [
            ("id", "text", "NULL"), ("title", "text", "NULL"), ("product_id", "text", "NULL"),
            ("sku", "text", "NULL"), ("barcode", "text", "NULL"), ("ean", "text", "NULL"),
            ("upc", "text", "NULL"), ("variant_rank", "int", "0"),
            ("inventory_quantity", "int", "0"), ("allow_backorder", "bool", "false"),
            ("manage_inventory", "bool", "true"),
        ] + sizes,
        uniques: ["sku", "barcode", "ean", "upc"],
        references: [Reference(column: "product_id", table: "product")])

    /// Two tables at once, so written by hand: a default price and what it is for. A region's price is in the
    /// region's currency.
    static let price = Statement(
        "catalog.price",
        """
        WITH given AS MATERIALIZED (
            SELECT r.*, COALESCE(r.currency_code, p.currency_code) AS currency
            FROM jsonb_to_recordset($1::jsonb) AS r (
                line int, id text, variant_id text, amount int, currency_code text, region_id text,
                min_quantity int, max_quantity int)
            LEFT JOIN region p ON p.id = r.region_id AND p.deleted_at IS NULL
        ), refused AS MATERIALIZED (
            SELECT g.line, 'id ' || g.id || ' is that of an earlier line' AS reason
            FROM given g
            CROSS JOIN LATERAL (SELECT m.xmin FROM money_amount m WHERE m.id = g.id LIMIT 1) m
            WHERE m.xmin = pg_current_xact_id()::xid
            UNION ALL
            SELECT line, 'id ' || id || ' is that of an earlier line'
            FROM (SELECT line, id, row_number() OVER (PARTITION BY id ORDER BY line) AS place FROM given) o
            WHERE place > 1
            UNION ALL
            SELECT g.line, 'id ' || g.id || ' is a price of the list ' || m.price_list_id
            FROM given g
            CROSS JOIN LATERAL (SELECT m.price_list_id FROM money_amount m WHERE m.id = g.id LIMIT 1) m
            WHERE m.price_list_id IS NOT NULL
            UNION ALL
            SELECT g.line, 'variant_id ' || g.variant_id || ' does not exist'
            FROM given g
            WHERE (
                SELECT true FROM product_variant v
                WHERE v.id = g.variant_id AND v.deleted_at IS NULL
                LIMIT 1
            ) IS NULL
            UNION ALL
            SELECT g.line, 'region_id ' || g.region_id || ' does not exist'
            FROM given g
            WHERE g.region_id IS NOT NULL AND g.currency IS NULL
            UNION ALL
            SELECT g.line, 'currency_code ' || g.currency || ' does not exist'
            FROM given g
            WHERE g.currency IS NOT NULL AND NOT EXISTS (SELECT FROM currency c WHERE c.code = g.currency)
        ), kept AS MATERIALIZED (
            SELECT * FROM given g WHERE NOT EXISTS (SELECT FROM refused f WHERE f.line = g.line)
        ), stored AS (
            INSERT INTO money_amount (id, currency_code, amount, region_id, min_quantity, max_quantity)
            SELECT id, currency, amount, region_id, min_quantity, max_quantity FROM kept
            ON CONFLICT (id) DO UPDATE SET currency_code = excluded.currency_code,
                amount = excluded.amount, region_id = excluded.region_id,
                min_quantity = excluded.min_quantity, max_quantity = excluded.max_quantity,
                deleted_at = NULL, updated_at = CURRENT_TIMESTAMP
        ), linked AS (
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
            SELECT 'pvma_' || id, id, variant_id FROM kept
            ON CONFLICT (money_amount_id) DO UPDATE SET variant_id = excluded.variant_id,
                deleted_at = NULL, updated_at = CURRENT_TIMESTAMP
        )
        SELECT line, string_agg(reason, ', ' ORDER BY reason) FROM refused GROUP BY line ORDER BY line
        """, lane: .write)
}
