import Testing

@testable import Cohort

@Suite struct LogTests {
    @Test func `text for a terminal holds no control characters`() {
        #expect(Log.printable("a\nb\u{1B}[31mc\u{7}") == "a b [31mc ")
        #expect(Log.printable("日本 ü") == "日本 ü")
    }
}
