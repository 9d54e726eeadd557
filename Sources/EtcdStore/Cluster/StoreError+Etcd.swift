import GRPC
import Store

extension StoreError {
    /// What a failed call means to who asked the store, with the next step in its words.
    ///
    /// - SeeAlso: etcd 3.4 `etcdserver/api/v3rpc/rpctypes/error.go`, whose texts are the only way to tell some errors apart.
    init(_ error: GRPCError, cluster: String, current: Revision, compacted: Revision) {
        let text = error.message
        switch error.code {
        case .outOfRange where text.contains("has been compacted"): self = .compacted(compacted)
        case .outOfRange where text.contains("future revision"): self = .futureRevision(current: current)
        case .resourceExhausted where text.contains("database space exceeded"): self = .quotaExceeded
        case .resourceExhausted where text.contains("too many requests"):
            self = .unavailable("etcd at \(cluster) has too many requests waiting")
        case .invalidArgument where text.contains("request is too large"): self = .tooLarge
        case .resourceExhausted where text.contains("larger than max"): self = .tooLarge
        case .invalidArgument where text.contains("user name is empty"): self = .refusal(cluster, text)
        case .permissionDenied, .unauthenticated: self = .refusal(cluster, text)
        case .unavailable, .deadlineExceeded, .cancelled:
            self = .unavailable(
                error.isUnsent
                    ? "etcd at \(cluster) does not answer (\(text)): see that it runs and that --etcd names it"
                    : "etcd at \(cluster) did not answer (\(text)): a write may or may not have happened")
        default: self = .failed(code: error.code.rawValue, message: "etcd at \(cluster): \(text)")
        }
    }

    private static func refusal(_ cluster: String, _ text: String) -> StoreError {
        .denied(
            "etcd at \(cluster) refused this server (\(text)): use a certificate of a user with the root role"
                + " (--etcd-certfile, --etcd-keyfile)")
    }
}
