package import API

/// What a Service asks of this proxy beyond Kubernetes, by annotations.
package struct ServiceOptions: Hashable, Sendable {
    /// `random` (also without the annotation) or `source-hash`.
    package static let balancingAnnotation = "skiff.dev/load-balancing"
    /// `NAME=WEIGHT,...`: an endpoint's address, its pod or its node, and 0...100.
    package static let weightsAnnotation = "skiff.dev/weights"
    /// Seconds over which an endpoint that became ready comes up to its share: `30` or `30s`.
    package static let slowStartAnnotation = "skiff.dev/slow-start"
    /// `SERVICE=PERCENT`: how many of new connections go to another Service of the namespace.
    package static let splitAnnotation = "skiff.dev/traffic-split"
    /// On an EndpointSlice: the weight of each of its endpoints.
    package static let sliceWeightAnnotation = "skiff.dev/weight"

    package static let weightMax = 100
    package static let slowStartSecondsMax = 3600

    package struct Split: Hashable, Sendable {
        package var service: NamespacedName
        /// 1...100.
        package var percent: Int
    }

    /// A client goes to the same endpoint from every node, and moves only when that one leaves.
    package var hashesSource = false
    /// By address, pod or node.
    package var weights: [String: Int] = [:]
    package var slowStartSeconds = 0
    package var split: Split?
    /// Nil: no endpoint is ejected.
    package var ejection: EjectionOptions?
    /// Annotations that could not be read, and are not obeyed.
    package var unreadable: [String] = []

    package init() {}

    package init(_ metadata: ObjectMeta) {
        let annotations = metadata.annotations
        if let text = annotations[Self.balancingAnnotation] {
            switch text {
            case "source-hash": hashesSource = true
            case "random", "": break
            default: unreadable.append(Self.balancingAnnotation)
            }
        }
        if let text = annotations[Self.weightsAnnotation] {
            for entry in text.split(separator: ",") {
                guard let (name, number) = Self.pair(entry), (0...Self.weightMax).contains(number) else {
                    unreadable.append(Self.weightsAnnotation)
                    continue
                }
                weights[name] = number
            }
        }
        if let text = annotations[Self.slowStartAnnotation] {
            if let seconds = Int(text.hasSuffix("s") ? text.dropLast() : text[...]),
                (0...Self.slowStartSecondsMax).contains(seconds)
            {
                slowStartSeconds = seconds
            } else {
                unreadable.append(Self.slowStartAnnotation)
            }
        }
        if let text = annotations[Self.splitAnnotation] {
            if let (name, percent) = Self.pair(text[...]), (0...100).contains(percent), name != metadata.name {
                let service = NamespacedName(namespace: metadata.namespace, name: name)
                if percent > 0 { split = Split(service: service, percent: percent) }
            } else {
                unreadable.append(Self.splitAnnotation)
            }
        }
        if let text = annotations[EjectionOptions.annotation] {
            do { ejection = try EjectionOptions.parse(text) } catch { unreadable.append(EjectionOptions.annotation) }
        }
    }

    /// The weight that an EndpointSlice gives its endpoints; nil without a readable annotation.
    package static func sliceWeight(_ metadata: ObjectMeta) -> Int? {
        metadata.annotations[sliceWeightAnnotation].flatMap { Int($0) }.flatMap { (0...weightMax).contains($0) ? $0 : nil }
    }

    private static func pair(_ text: Substring) -> (name: String, number: Int)? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        func trimmed(_ part: Substring) -> String { String(part.filter { !$0.isWhitespace }) }
        let name = trimmed(parts[0])
        guard !name.isEmpty, let number = Int(trimmed(parts[1])) else { return nil }
        return (name, number)
    }
}
