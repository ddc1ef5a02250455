import Glibc

/// What the kernel knows of this process, under the names that all of Prometheus's clients have for it. What cannot
/// be read is left out.
struct ProcessFigures {
    private let stat: [Substring]

    init() {
        // The second field is the program's name in brackets, which may hold anything.
        let text = Self.read("/proc/self/stat")
        let behind = text.lastIndex(of: ")").map { text[text.index(after: $0)...] } ?? ""
        stat = behind.split(separator: " ")
    }

    /// By its number in proc(5), which counts from 1.
    private func field(_ number: Int) -> Int? {
        stat.indices.contains(number - 3) ? Int(stat[number - 3]) : nil
    }

    func write(to text: inout MetricsText) {
        let ticks = Int64(sysconf(Int32(_SC_CLK_TCK)))
        if let user = field(14), let system = field(15) {
            text.family("process_cpu_seconds_total", .counter, "User and system CPU time.")
            text.sample(nanoseconds: Int64(user + system) * (1_000_000_000 / ticks))
        }
        if let threads = field(20) {
            text.family("process_threads", .gauge, "Threads.")
            text.sample(threads)
        }
        if let bytes = field(23) {
            text.family("process_virtual_memory_bytes", .gauge, "Virtual memory.")
            text.sample(bytes)
        }
        if let pages = field(24) {
            text.family("process_resident_memory_bytes", .gauge, "Resident memory.")
            text.sample(pages * Int(sysconf(Int32(_SC_PAGESIZE))))
        }
        if let start = field(22), let boot = Self.bootTime {
            text.family(
                "process_start_time_seconds", .gauge, "When the process began, since 1970.")
            text.sample(nanoseconds: boot * 1_000_000_000 + Int64(start) * (1_000_000_000 / ticks))
        }
        if let open = Self.openDescriptors {
            text.family("process_open_fds", .gauge, "Open file descriptors.")
            text.sample(open)
        }
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            text.family("process_max_fds", .gauge, "File descriptors that may be open.")
            text.sample(Int(clamping: limit.rlim_cur))
        }
    }

    /// In seconds since 1970.
    private static var bootTime: Int64? {
        let line = read("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Int64($0.dropFirst(6)) }
    }

    /// Without the one that counting them takes.
    private static var openDescriptors: Int? {
        guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe _ = closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        // Two are the directory itself and the one above.
        return count - 3
    }

    private static func read(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }
}
