import CRI
import ControlLoop
import Synchronization

/// Pulls images, a few at a time.
final class ImagePuller: Sendable {
    private struct State {
        var free: Int
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let images: any ImageService
    private let state: Mutex<State>

    init(images: any ImageService, parallelMax: Int) {
        self.images = images
        state = Mutex(State(free: parallelMax))
    }

    func pull(_ image: String, credentials: RegistryCredentials?) async throws(RuntimeError) -> String {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiters.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        defer {
            let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
                if state.waiters.isEmpty {
                    state.free += 1
                    return nil
                }
                return state.waiters.removeFirst()
            }
            next?.resume()
        }
        return try await images.pullImage(image, credentials: credentials)
    }
}
