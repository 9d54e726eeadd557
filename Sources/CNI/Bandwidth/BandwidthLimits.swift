import JSON
package import Netlink

/// How fast a pod may receive and send: `runtimeConfig.bandwidth`, or the same keys of the configuration.
///
/// - SeeAlso: containernetworking/plugins `plugins/meta/bandwidth`.
package struct BandwidthLimits: Hashable, Sendable {
    /// Bits per second, and bits that may pass at once.
    package struct Limit: Hashable, Sendable {
        package var rate: UInt64
        package var burst: UInt64

        package init(rate: UInt64, burst: UInt64) {
            self.rate = rate
            self.burst = burst
        }

        /// What may wait is what passes in this time, besides the burst.
        private static let latencyMilliseconds: UInt64 = 25

        package var bucket: QueueMessage.TokenBucket {
            let bytes = rate / 8
            let waiting = (bytes / 1000).multipliedReportingOverflow(by: Self.latencyMilliseconds).partialValue
            return QueueMessage.TokenBucket(
                bytesPerSecond: bytes, burst: UInt32(clamping: burst / 8), limit: UInt32(clamping: waiting + burst / 8))
        }
    }

    /// What the pod receives.
    package var ingress: Limit?
    /// What the pod sends.
    package var egress: Limit?

    package init(ingress: Limit?, egress: Limit?) {
        self.ingress = ingress
        self.egress = egress
    }

    /// Nil when nothing is limited.
    ///
    /// - Parameters:
    ///   - runtime: `runtimeConfig.bandwidth`, which wins.
    ///   - configuration: The plugin's configuration.
    init?(runtime: JSONValue?, configuration: JSONValue) throws(CNIFailure) {
        if let runtime, !runtime.isNull, runtime.object == nil { throw NetworkConfiguration.wrongType("bandwidth") }
        let keys = CaseInsensitiveObject(runtime?.object == nil ? configuration : runtime)
        ingress = try Self.limit(keys, "ingress")
        egress = try Self.limit(keys, "egress")
        if ingress == nil, egress == nil { return nil }
    }

    private static func limit(_ keys: CaseInsensitiveObject, _ direction: String) throws(CNIFailure) -> Limit? {
        let rate = try number(keys, direction + "Rate")
        let burst = try number(keys, direction + "Burst")
        if rate == 0, burst == 0 { return nil }
        guard rate > 0 else { throw CNIFailure(.invalidConfiguration, "\(direction)Burst is set without \(direction)Rate") }
        guard burst > 0 else { throw CNIFailure(.invalidConfiguration, "\(direction)Rate is set without \(direction)Burst") }
        guard rate >= 8, burst >= 8, burst / 8 < UInt64(UInt32.max) else {
            throw CNIFailure(
                .invalidConfiguration, "invalid \(direction)Rate or \(direction)Burst",
                details: "a rate is at least 8 bits per second, a burst 8 bits and less than 4 GiB")
        }
        return Limit(rate: rate, burst: burst)
    }

    private static func number(_ keys: CaseInsensitiveObject, _ key: String) throws(CNIFailure) -> UInt64 {
        guard let value = keys[key] else { return 0 }
        guard let number = value.int else { throw NetworkConfiguration.wrongType(key) }
        guard number >= 0 else { throw CNIFailure(.invalidConfiguration, "\(key) is negative") }
        return UInt64(number)
    }
}
