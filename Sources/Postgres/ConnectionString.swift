import CPostgres
import Glibc

/// A connection string taken apart into the hosts that it leads to.
///
/// libpq, while it connects without blocking, never leaves a host that is silent. So each address is an attempt
/// of its own; what the string means otherwise, service and password files included, stays libpq's business.
package struct ConnectionString: Sendable {
    /// What goes for every host.
    private let settings: [String: String]
    /// In the order in which they are tried.
    let hosts: [Host]
    /// What to ask of a host, as values of `target_session_attrs`: all hosts are asked for the first, then for
    /// the next.
    let rounds: [String]
    /// For one attempt.
    let patience: Duration
    private static let patienceMax_s: Int64 = 600

    /// Reads files.
    ///
    /// - Throws: `.unavailable`, which says nothing of what is in the string.
    init(_ configuration: PoolConfiguration) throws(PostgresError) {
        guard Self.isReadable(configuration.url), let said = Self.settings(of: configuration.url)
        else { throw .unavailable("the connection string cannot be read") }
        let all = Self.completed(said)
        let names = Self.list(all["host"])
        let addresses = Self.list(all["hostaddr"])
        let ports = Self.list(all["port"])
        let count = max(names.count, addresses.count, 1)
        guard [0, count].contains(names.count), [0, count].contains(addresses.count),
            [0, 1, count].contains(ports.count)
        else {
            throw .unavailable(
                "the connection string has \(names.count) hosts, \(addresses.count) addresses and "
                    + "\(ports.count) ports")
        }
        hosts = (0..<count).map { index in
            Host(
                name: names.isEmpty ? "" : names[index],
                address: addresses.isEmpty ? "" : addresses[index],
                port: ports.isEmpty ? "" : ports[ports.count == 1 ? 0 : index])
        }
        settings = Self.defaults(configuration).merging(said) { $1 }
            .merging(["client_encoding": "UTF8"]) { $1 }
        let seconds = all["connect_timeout"].flatMap { Int64($0) } ?? 0
        patience =
            seconds > 0 ? .seconds(min(seconds, Self.patienceMax_s)) : configuration.connectDeadline
        rounds =
            switch (all["target_session_attrs"], said["target_session_attrs"]) {
            // libpq's own way with it, as every attempt has one host only.
            case ("prefer-standby", _): ["standby", "any"]
            // Of several hosts, the one that takes writes.
            case ("any", nil) where count > 1: ["read-write"]
            case (let wanted, _): [wanted ?? ""]
            }
    }

    /// For an attempt with one address. Settings that are empty say nothing.
    func settings(for host: Host, asking attributes: String) -> [String: String] {
        let own = [
            "host": host.name, "hostaddr": host.address, "port": host.port,
            "target_session_attrs": attributes,
        ]
        return settings.merging(own) { $1 }
    }

    private static func defaults(_ configuration: PoolConfiguration) -> [String: String] {
        [
            // A peer that vanished without a word is noticed within half a minute.
            "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "4",
            "tcp_user_timeout": "30000", "application_name": configuration.applicationName,
        ]
    }

    /// Whether libpq can read it and takes no part of a password for something else, which its messages would
    /// repeat: an @, : or / in a URI's password must be encoded. Nothing is looked up.
    package static func isReadable(_ url: String) -> Bool {
        guard let said = settings(of: url) else { return false }
        let isURI = url.contains("://")
        return list(said["host"]).allSatisfy { !$0.dropFirst().contains("@") }
            && list(said["port"]).allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
            && !(isURI && said["dbname"]?.contains("@") == true)
    }

    /// One for each host, with a name for people: of these servers each is wanted for itself. Unless the string
    /// says otherwise it must be a standby, so that all hosts of a cluster may be named, whichever is the primary.
    package static func oneForEachHost(of url: String) -> [(name: String, url: String)] {
        // Nothing of it may get into a name then; connecting says that it cannot be read.
        guard isReadable(url), let said = settings(of: url) else {
            return [("of READ_DATABASE_URL", url)]
        }
        let lists = ["host", "hostaddr", "port"].map { (key: $0, values: list(said[$0])) }
        let count = max(lists[0].values.count, lists[1].values.count, 1)
        return (0..<count).map { index in
            var own = ["target_session_attrs": "standby"].merging(said) { $1 }
            for (key, values) in lists where values.count > 1 {
                own[key] = index < values.count ? values[index] : ""
            }
            let name = [own["host"] ?? own["hostaddr"] ?? "", own["port"] ?? ""]
            return (
                name.filter { !$0.isEmpty }.joined(separator: ":"),
                own.sorted { $0.key < $1.key }.map { "\($0)=\(quoted($1))" }.joined(separator: " ")
            )
        }
    }

    private static func quoted(_ value: String) -> String {
        var text = "'"
        for character in value.unicodeScalars {
            if character == "'" || character == "\\" { text.unicodeScalars.append("\\") }
            text.unicodeScalars.append(character)
        }
        return text + "'"
    }

    /// What it says; nil when libpq cannot read it.
    private static func settings(of url: String) -> [String: String]? {
        guard url.contains("=") || url.hasPrefix("postgres://") || url.hasPrefix("postgresql://")
        else { return ["dbname": url] }
        guard let options = unsafe PQconninfoParse(url, nil) else { return nil }
        return unsafe take(options)
    }

    /// With what the environment and a service file add.
    ///
    /// libpq tells that of a connection only: here of one that it refuses for its TLS version, which is before it
    /// goes anywhere.
    private static func completed(_ said: [String: String]) -> [String: String] {
        let impossible = said.merging(["ssl_min_protocol_version": "none"]) { $1 }
        guard let refused = try? Connector.begin(impossible) else { return said }
        defer { unsafe PQfinish(refused.pg) }
        return unsafe PQconninfo(refused.pg).map { unsafe take($0) } ?? said
    }

    private static func take(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String]
    {
        defer { unsafe PQconninfoFree(options) }
        var settings: [String: String] = [:]
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe settings[String(cString: keyword)] = unsafe String(cString: value)
            }
            unsafe option += 1
        }
        return settings
    }

    private static func list(_ text: String?) -> [String] {
        guard let text, !text.isEmpty else { return [] }
        return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
}

/// One host of a connection string.
struct Host: Hashable, Sendable, CustomStringConvertible {
    /// As it is written there; a unix socket's directory begins with a slash. Empty for libpq's default.
    let name: String
    /// In figures; empty when it is not known, and for unix sockets.
    var address: String
    let port: String

    /// The same host once for each of its addresses. Waits for the name service.
    ///
    /// - Throws: `.unavailable` when it has none.
    func resolved() throws(PostgresError) -> [Host] {
        // As libpq tells unix sockets, the second kind being those without a file.
        guard address.isEmpty, let first = name.first, first != "/", first != "@" else {
            return [self]
        }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let outcome = unsafe getaddrinfo(name, nil, &hints, &found)
        guard outcome == 0 else {
            let reason = unsafe String(cString: gai_strerror(outcome))
            throw .unavailable("no address of \"\(name)\" is known: \(reason)")
        }
        defer { unsafe freeaddrinfo(found) }
        var hosts: [Host] = []
        var next = unsafe found
        while let entry = unsafe next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let outcome = unsafe getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil,
                0,
                NI_NUMERICHOST)
            if outcome == 0 {
                let figures = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                let address = String(decoding: figures, as: UTF8.self)
                hosts.append(Host(name: name, address: address, port: port))
            }
            unsafe next = unsafe entry.pointee.ai_next
        }
        return hosts
    }

    var description: String {
        let known = [name, address].filter { !$0.isEmpty }
        let place = Set(known).count == 2 ? "\(name) (\(address))" : known.first ?? "the server"
        return "\(place) port \(port)"
    }
}
