/// Whether somebody still waits for an answer.
///
/// One for each client connection, confined to its loop: the side that serves the client reports that it
/// went away, the side that works for it asks to be told and cancels what nobody will read.
package final class ClientWatch {
    package private(set) var isGone = false
    private var onGone: (() -> Void)?

    package init() {}

    /// Runs `action` when the client goes away, at once when it has; nil stops that.
    package func whenGone(_ action: (() -> Void)?) {
        if isGone { action?() } else { onGone = action }
    }

    package func clientLeft() {
        guard !isGone else { return }
        isGone = true
        let action = onGone
        onGone = nil
        action?()
    }
}
