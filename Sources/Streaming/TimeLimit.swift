/// Runs `operation` and cancels it when it takes longer than `limit`; nil when it did, or when it failed.
func withTimeLimit<Value: Sendable>(
    _ limit: Duration, _ operation: @escaping @Sendable () async throws -> Value
) async -> Value? {
    await withTaskGroup(of: Value?.self) { group in
        group.addTask { try? await operation() }
        group.addTask {
            try? await ContinuousClock().sleep(for: limit)
            return nil
        }
        let first = await group.next() ?? nil
        group.cancelAll()
        return first
    }
}
