import Postgres
import TestSupport
import Testing

@Suite struct RoundTripTests {
    static let echo = Statement(
        "test.echo",
        """
        SELECT $1::text, $2::bool, $3::int4, $4::int8, $5::float8, $6::timestamptz, $7::jsonb, $8::bytea,
            $9::text[]::text, $10::int8[]::text, $11::text
        """)

    @Test(arguments: [true, false]) func `every kind of value comes back as it went`(
        prepares: Bool
    ) async throws {
        try await withPool({ $0.prepares = prepares }) { fixture, _ in
            try await fixture.run { pool async throws in
                let rows = try await pool.query(
                    Self.echo,
                    [
                        .text("Ünïcode \u{1F600} 'quoted' \\ \"\""), .bool(true), .int4(.min),
                        .int8(.max), .float8(-0.1),
                        .timestamp(microsecondsSince2000: 86_400_000_001),
                        .jsonb(Array(#"{"a": [1, null]}"#.utf8)), .bytea([0, 255, 1]),
                        .texts(["a", "", "b,\"c\""]), .int8s([1, -2, .max]),
                        .utf8(Array("né".utf8)),
                    ])
                #expect(rows.count == 1)
                #expect(rows.columns == 11)
                #expect(rows.text(0, 0) == "Ünïcode \u{1F600} 'quoted' \\ \"\"")
                #expect(rows.bool(0, 1) == true)
                #expect(rows.int4(0, 2) == .min)
                #expect(rows.int8(0, 3) == .max)
                #expect(rows.float8(0, 4) == -0.1)
                #expect(rows.timestamp(0, 5) == 86_400_000_001)
                var json: [UInt8] = []
                let span = rows.jsonb(0, 6)
                for index in 0..<span.byteCount {
                    unsafe json.append(span.unsafeLoad(fromByteOffset: index, as: UInt8.self))
                }
                #expect(String(decoding: json, as: UTF8.self) == #"{"a": [1, null]}"#)
                var bytes: [UInt8] = []
                rows.appendBytes(0, 7, to: &bytes)
                #expect(bytes == [0, 255, 1])
                #expect(rows.bytes(0, 7).byteCount == 3)
                #expect(rows.text(0, 8) == #"{a,"","b,\"c\""}"#)
                #expect(rows.text(0, 9) == "{1,-2,9223372036854775807}")
                #expect(rows.text(0, 10) == "né")
            }
        }
    }

    @Test func `nulls and empty values differ`() async throws {
        try await withPool { fixture, _ in
            try await fixture.run { pool async throws in
                let nulls = try await pool.query(
                    Self.echo, Array(repeating: .null, count: 11))
                for column in 0..<11 { #expect(nulls.isNull(0, column) == true) }
                #expect(nulls.optionalText(0, 0) == nil)
                let empty = try await pool.query(
                    Self.echo,
                    [
                        "", .bool(false), .int4(0), .int8(0), .float8(0),
                        .timestamp(microsecondsSince2000: 0), .jsonb(Array("{}".utf8)), .bytea([]),
                        .texts([]), .int8s([]), .utf8([]),
                    ])
                for column in 0..<11 { #expect(empty.isNull(0, column) == false) }
                #expect(empty.text(0, 0) == "")
                #expect(empty.bool(0, 1) == false)
                #expect(empty.text(0, 8) == "{}")
                #expect(empty.bytes(0, 7).byteCount == 0)
            }
        }
    }

    @Test func `a long answer and a long value arrive whole`() async throws {
        let series = Statement(
            "test.series", "SELECT n, repeat('x', 100) FROM generate_series(1, $1::int4) n")
        let length = Statement("test.length", "SELECT length($1::text)")
        try await withPool { fixture, _ in
            try await fixture.run { pool async throws in
                // More than sockets buffer in either direction, so both sides must read while they write.
                let long = pool.start(length, [.text(String(repeating: "ä", count: 5_000_000))])
                let many = pool.start(series, [.int4(100_000)])
                #expect(try await long.rows().int4(0, 0) == 5_000_000)
                let rows = try await many.rows()
                #expect(rows.count == 100_000)
                #expect(rows.int4(99_999, 0) == 100_000)
            }
        }
    }

    @Test func `rows tell what was changed`() async throws {
        try await withPool { fixture, url in
            try Connection(url).execute("CREATE TABLE t (id int PRIMARY KEY)")
            let insert = Statement(
                "test.insert", "INSERT INTO t SELECT generate_series(1, 3)", lane: .write)
            let rows = try await fixture.run { pool async throws in
                let rows = try await pool.query(insert)
                return (rows.affected, rows.commandTag, rows.count)
            }
            #expect(rows == (3, "INSERT 0 3", 0))
        }
    }
}
