import TestSupport
import Testing

@Suite struct `Any text` {
    @Test(arguments: Property.ofInput)
    func `is refused, or is what it is taken for`(_ property: Property) throws {
        #expect(try property.objection(rounds: 5_000, takenMin: 20) == nil)
    }
}
