import Foundation
import TestSupport
import Testing

@testable import Cohort

@Suite struct LogTests {
    @Test func `text for a terminal holds no control characters`() {
        #expect(Log.printable("a\nb\u{1B}[31mc\u{7}") == "a b [31mc ")
        #expect(Log.printable("日本 ü") == "日本 ü")
        #expect(Log.printable("a\u{9B}31m\u{2028}b\u{7F}") == "a<U+9B>31m<U+2028>b ")
    }

    @Test func `what ends a line or turns writing somewhere is spelled out`() {
        #expect(Log.plain("plain \"text\" \n") == "plain \"text\" \n")
        #expect(
            Log.plain("\u{85}\u{2028}\u{2029}\u{202E}\u{FEFF}\u{7F}日")
                == "<U+85><U+2028><U+2029><U+202E><U+FEFF><U+7F>日")
    }

    private static let log = Configuration.Log()
    private static func line(_ letter: Character, _ length: Int) -> [UInt8] {
        Array((String(repeating: letter, count: length) + "\n").utf8)
    }

    @Test func `a descriptor that does not wait gets every line whole all the same`() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let log = Log(Self.log, descriptor: descriptor)
        let lines = (0..<40).map { _ in Self.line("a", 10_000) }
        for line in lines { log.write(line) }
        let read = try pipe.fileHandleForReading.read(upToCount: 40 * 10_001)
        #expect(read.map(Array.init) == Array(lines.joined()))
        #expect(log.droppedLines == 0)
    }

    @Test(arguments: [0, O_NONBLOCK])
    func `whoever flushes does not wait for a reader that has stopped reading`(flags: Int32) throws
    {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        _ = fcntl(descriptor, F_SETFL, flags)
        let log = Log(Self.log, descriptor: descriptor)
        let line = Self.line("a", 100_000)
        log.write(line)
        let isFlushed = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            log.flush()
            isFlushed.signal()
        }
        #expect(isFlushed.wait(timeout: .now() + 30) == .success)
        // It goes on where it was.
        #expect(try pipe.fileHandleForReading.read(upToCount: line.count).map(Array.init) == line)
    }

    @Test func `lines that cannot be written are counted, and the next begins a line of its own`()
        throws
    {
        signal(SIGPIPE, SIG_IGN)
        let broken = Pipe()
        let mended = Pipe()
        let descriptor = dup(broken.fileHandleForWriting.fileDescriptor)
        defer { close(descriptor) }
        let log = Log(Self.log, descriptor: descriptor)
        // More than a pipe holds: it is cut where its reader leaves.
        log.write(Self.line("a", 100_000))
        _ = try broken.fileHandleForReading.read(upToCount: 1)
        try broken.fileHandleForReading.close()
        log.flush()
        #expect(log.droppedLines == 1)
        log.write(Self.line("b", 3) + Self.line("c", 3))
        log.flush()
        // And the line that would have told of the first.
        #expect(log.droppedLines == 4)
        dup2(mended.fileHandleForWriting.fileDescriptor, descriptor)
        log.write(Self.line("d", 3))
        log.flush()
        let written = String(decoding: mended.fileHandleForReading.availableData, as: UTF8.self)
        #expect(written.hasPrefix("\nddd\n"))
        #expect(written.contains(#""message":"log lines were dropped","total":4"#))
        #expect(log.droppedLines == 4)
    }
}
