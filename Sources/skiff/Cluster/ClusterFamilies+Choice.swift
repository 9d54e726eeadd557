import ArgumentParser
import Lab

extension ClusterFamilies: ExpressibleByArgument {
    /// Decides what a cluster gets.
    ///
    /// - Parameters:
    ///   - asked: `--ip-family`; nil: what the kernel has.
    ///   - kept: The cluster whose data `skiff down --keep-data` left: its nodes and Services have their addresses already.
    ///   - note: Told what a user would not expect.
    static func choose(
        _ asked: ClusterFamilies?, kept: ClusterPlan?, hasIPv6: Bool, note: (String) -> Void
    ) throws -> ClusterFamilies {
        if let kept {
            guard asked == nil || asked == kept.families else {
                throw Refusal(
                    "the cluster in \(kept.dataDirectory) has --ip-family \(kept.families.rawValue): its Services and pods keep it",
                    remedy: "leave --ip-family out, or remove the cluster: skiff down --data-dir \(kept.dataDirectory)")
            }
            return kept.families
        }
        guard !hasIPv6 else { return asked ?? .dual }
        guard asked == nil || asked == .ipv4 else {
            throw Refusal(
                "this kernel has no IPv6, which --ip-family \(asked?.rawValue ?? "") needs",
                remedy: "boot without ipv6.disable=1, or start with --ip-family ipv4")
        }
        if asked == nil { note("this kernel has no IPv6: the cluster gets IPv4 only") }
        return .ipv4
    }
}
