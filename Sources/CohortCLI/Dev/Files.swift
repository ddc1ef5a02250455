import Glibc

// What the embedded PostgreSQL asks of the file system, in blocking calls.

func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

func realPath(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
}

func openFile(_ path: String, _ flags: Int32) throws(EmbeddedPostgres.Failure) -> Int32 {
    let descriptor = unsafe open(path, flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw EmbeddedPostgres.Failure("\(path): \(lastError())") }
    return descriptor
}

/// The whole of a small file; empty when it can't be read.
func contents(of path: String) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    // The log can be long, and only its end is ever asked for.
    var facts = stat()
    let kept: off_t = 65_536
    if unsafe fstat(descriptor, &facts) == 0, facts.st_size > kept {
        lseek(descriptor, -kept, SEEK_END)
    }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: Int(kept))
    while true {
        let count = unsafe read(descriptor, &part, part.count)
        guard count > 0 else { break }
        bytes += part[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}

func firstLine(of path: String) -> String? {
    contents(of: path).split(separator: "\n").first.map(String.init)
}

/// Names in a directory; empty when it can't be read.
func entries(of path: String) -> [String] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
        unsafe withUnsafePointer(to: entry.pointee.d_name) { name in
            let text = unsafe UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self)
            unsafe names.append(String(cString: text))
        }
    }
    return names
}

/// Makes a directory and those above it. The last one gets the mode, and the owner if there is one;
/// an existing one only the owner.
func makeDirectory(
    _ path: String, mode: mode_t, owner: Account? = nil
) throws(EmbeddedPostgres.Failure) {
    func failure(_ path: String) -> EmbeddedPostgres.Failure { .init("\(path): \(lastError())") }
    var prefix = path.hasPrefix("/") ? "" : "."
    let names = path.split(separator: "/")
    for (index, name) in names.enumerated() {
        prefix += "/" + name
        let isLast = index == names.count - 1
        if unsafe mkdir(prefix, isLast ? mode : 0o755) != 0, errno != EEXIST {
            throw failure(prefix)
        }
    }
    if let owner, owner.isOther {
        if unsafe chown(path, owner.user, owner.group) != 0 { throw failure(path) }
    }
}

/// Locks a file for the life of the returned descriptor.
func takeLock(_ path: String) throws(EmbeddedPostgres.Failure) -> Int32 {
    let descriptor = try openFile(path, O_RDWR | O_CREAT)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let holder = firstLine(of: path) ?? "unknown"
        close(descriptor)
        throw EmbeddedPostgres.Failure(
            "\(path) is held by another `cohort dev` (process \(holder)); "
                + "--port N runs a second shop beside it, --state DIRECTORY keeps one elsewhere")
    }
    let line = "\(getpid())\n"
    ftruncate(descriptor, 0)
    _ = unsafe write(descriptor, line, line.utf8.count)
    return descriptor
}

/// The processes whose working directory is `path`; those of other users are visible to root only.
func processes(in path: String) -> [pid_t] {
    entries(of: "/proc").compactMap { pid_t($0) }.filter { link("/proc/\($0)/cwd") == path }
}

/// Where a symbolic link points.
private func link(_ path: String) -> String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(path, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Asks every 10 ms until the answer is yes; false when the time is over.
func waitUntil(seconds: Int, _ condition: () -> Bool) -> Bool {
    for _ in 0..<(seconds * 100) {
        if condition() { return true }
        usleep(10_000)
    }
    return condition()
}

/// A value as libpq's connection strings want it.
func quoted(_ value: String) -> String {
    var text = "'"
    for character in value {
        if character == "'" || character == "\\" { text.append("\\") }
        text.append(character)
    }
    return text + "'"
}
