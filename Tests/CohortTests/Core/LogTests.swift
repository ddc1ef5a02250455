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
}
