// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is held to. Dependencies keep their own settings.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    // What release builds gain by, see docs/decisions/0008. Debug builds, and so all tests, keep the checks.
    .unsafeFlags(
        ["-enforce-exclusivity=unchecked", "-cross-module-optimization"],
        .when(configuration: .release)),
]

/// Spans that borrow from a `~Copyable` owner need it.
let lifetimes: SwiftSetting = .enableExperimentalFeature("Lifetimes")

let package = Package(
    name: "cohort",
    products: [
        .executable(name: "cohort", targets: ["CohortCLI"]),
        // For tests, which preload it.
        .library(name: "ShiftedClock", type: .dynamic, targets: ["ShiftedClock"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(
            name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        .executableTarget(
            name: "EmbedTextTool", path: "Sources/EmbedText/Tool", swiftSettings: settings),
        .plugin(
            name: "EmbedText", capability: .buildTool(), dependencies: ["EmbedTextTool"],
            path: "Sources/EmbedText/Plugin"),

        .target(
            name: "Migrations", dependencies: ["CPostgres", "Postgres"],
            exclude: ["Demo", "EmbedText.list", "sql"],
            swiftSettings: settings, plugins: ["EmbedText"]),
        .target(name: "JSON", swiftSettings: settings),
        .target(name: "EventLoop", dependencies: ["CLinux"], swiftSettings: settings),
        .target(
            name: "HTTP", dependencies: ["EventLoop", "CLinux", "CZlib"],
            swiftSettings: settings + [lifetimes]),
        .target(
            name: "Postgres", dependencies: ["EventLoop", "CPostgres", "CLinux"],
            swiftSettings: settings + [lifetimes]),
        .target(
            name: "Dashboard", dependencies: ["HTTP", "JSON"],
            exclude: ["EmbedText.list", "public"],
            swiftSettings: settings + [lifetimes], plugins: ["EmbedText"]),
        .target(
            name: "Cohort",
            dependencies: [
                "Dashboard", "HTTP", "JSON", "Postgres", "EventLoop",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            exclude: [
                "EmbedText.list", "OpenAPI/openapi.json", "OpenAPI/docs.html", "OpenAPI/docs.css",
                "OpenAPI/docs.js",
            ],
            swiftSettings: settings + [lifetimes],
            plugins: ["EmbedText"]),

        .executableTarget(
            name: "CohortCLI",
            dependencies: [
                "CLinux", "Cohort", "EventLoop", "HTTP", "JSON", "Migrations", "Postgres",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        .testTarget(
            name: "EventLoopTests", dependencies: ["EventLoop", "CLinux"], swiftSettings: settings),
        .testTarget(
            name: "HTTPTests", dependencies: ["HTTP", "EventLoop", "CZlib", "TestSupport"],
            swiftSettings: settings + [lifetimes]),
        .testTarget(
            name: "DashboardTests", dependencies: ["Dashboard", "HTTP"],
            swiftSettings: settings + [lifetimes]),
        .testTarget(
            name: "CohortTests",
            dependencies: [
                "Cohort", "CPostgres", "EventLoop", "HTTP", "JSON", "Postgres", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            exclude: ["Exchanges"],
            swiftSettings: settings),
        .testTarget(
            name: "AuthTests",
            dependencies: [
                "Cohort", "JSON", "TestSupport", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CLITests", dependencies: ["CohortCLI", "Cohort", "HTTP", "Postgres"],
            swiftSettings: settings),
        .testTarget(
            name: "MigrationsTests", dependencies: ["Migrations", "TestSupport"],
            exclude: ["Awkward", "EmbedText.list", "medusa-schema.sql", "schema.txt"],
            swiftSettings: settings, plugins: ["EmbedText"]),
        .target(
            name: "TestSupport", dependencies: ["CPostgres"], path: "Tests/Support",
            swiftSettings: settings),
        .target(name: "ShiftedClock", path: "Tests/ShiftedClock"),
        .testTarget(
            name: "PostgresTests", dependencies: ["Postgres", "EventLoop", "TestSupport"],
            swiftSettings: settings + [lifetimes]),
        .testTarget(
            name: "JSONTests", dependencies: ["JSON", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "InputTests", dependencies: ["Cohort", "JSON", "TestSupport"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

// scripts/fuzz asks for this one, in a build of its own: what it searches has to count its branches, and to stop at the
// first access out of bounds. It is made of the properties that the tests check with dice.
if let runtime = Context.environment["COHORT_FUZZ_RUNTIME"] {
    let counting = SwiftSetting.unsafeFlags([
        "-sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp", "-enable-testing",
    ])
    for target in package.targets where ["Cohort", "HTTP", "JSON"].contains(target.name) {
        target.swiftSettings?.append(counting)
    }
    package.targets.removeAll(where: \.isTest)
    package.targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: ["Cohort", "CZlib", "HTTP", "JSON", "TestSupport"],
            path: "Tests",
            sources: [
                "Fuzz/Fuzz.swift", "AuthTests/Properties", "HTTPTests/Properties",
                "HTTPTests/Deflate.swift",
                "HTTPTests/Dice.swift", "HTTPTests/ParsedStream.swift", "InputTests/Properties",
                "JSONTests/Properties",
            ],
            swiftSettings: settings + [lifetimes],
            linkerSettings: [.unsafeFlags([runtime, "-lstdc++"])]))
}
