import TestSupport
import Testing

@Suite struct `Any credential` {
    @Test(arguments: Property.ofAuth)
    func `is refused, or is what it is taken for`(_ property: Property) throws {
        #expect(try property.objection(rounds: 3_000, takenMin: 20) == nil)
    }
}
