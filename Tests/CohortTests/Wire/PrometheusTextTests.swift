import Testing

/// A reader that takes everything would find nothing wrong.
@Suite struct PrometheusTextTests {
    private static let head = "# HELP a_total Some.\n# TYPE a_total counter\n"
    private static let histogram = "# HELP h Some.\n# TYPE h histogram\n"

    @Test func `what is well-formed is read`() throws {
        let text = try PrometheusText(
            Self.head + "a_total{b=\"x\\\"y\",c=\"\"} 3\na_total{b=\"z\"} 4\n" + Self.histogram
                + "h_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 1.5\nh_count 2\n")
        #expect(text.sum("a_total") == 7)
        #expect(text.sum("a_total", ["b": "z"]) == 4)
        #expect(text.sum("h_count") == 2)
        #expect(text.sum("b_total") == nil)
    }

    @Test(arguments: [
        head + "a_total 3", "a_total 3\n", head + "a_total\n", head + "a_total x\n",
        head + "a_total{b=\"x} 3\n", head + "a_total{b=\"\\x\"} 3\n", head + "b_total 3\n",
        head + "a_total 3\na_total 4\n", head + "a_total{b=\"1\",b=\"2\"} 3\n", head + "\n",
        head + "a_total 3\n" + head, "# TYPE a_total counter\n",
        "# HELP a Some.\n# TYPE a counter\n", "# HELP a_total Some.\n# TYPE a_total gauge\n",
        "# HELP a_total Some.\n# TYPE a_total number\n", head + "a_total 3 \n",
        histogram + "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
        histogram + "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
        histogram + "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
        histogram + "h_bucket{le=\"+Inf\"} 1\nh_count 1\n",
        histogram
            + "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
    ])
    func `what is not is refused`(text: String) {
        #expect(throws: PrometheusText.Fault.self) { try PrometheusText(text) }
    }
}
