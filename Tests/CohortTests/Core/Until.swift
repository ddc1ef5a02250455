import Testing

/// Waits until something has happened, with a bound that only a broken program meets, and lets other tasks run meanwhile.
func until(
    sourceLocation: SourceLocation = #_sourceLocation, _ isSo: () -> Bool
) async {
    let end = ContinuousClock.now + .seconds(60)
    while !isSo() {
        guard ContinuousClock.now < end else {
            Issue.record("waited in vain", sourceLocation: sourceLocation)
            return
        }
        await Task.yield()
    }
}
