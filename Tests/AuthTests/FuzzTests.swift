import TestSupport
import Testing

@Suite struct `Any credential` {
    @Test(arguments: Property.ofAuth)
    func `is refused, or is what it is taken for`(_ property: Property) {
        let outcome = property.search(rounds: 3_000)
        if let fault = outcome.fault {
            Issue.record("\(fault.text): \(fault.bytes)")
        }
        // A search that is always refused tests nothing but that.
        #expect(outcome.takenCount > 20)
    }
}
