import API
import CRI
import ControlLoop
import Logging

/// What every pod's worker shares.
struct KubeletContext: Sendable {
    let configuration: KubeletConfiguration
    let runtime: any RuntimeService
    let images: any ImageService
    let puller: ImagePuller
    let writer: any ObjectWriter
    let events: EventRecorder
    let pods: ObjectCache<Pod>
    let services: ObjectCache<Service>
    let handlers: HandlerRunner
    let clock: any Clock<Duration>
    let now: @Sendable () -> Timestamp
    let cgroups: PodCgroups
    let machine: MachineFacts
    let logger: Logger

    var dns: DNSResolution {
        DNSResolution(
            clusterDNS: configuration.clusterDNS, clusterDomain: configuration.clusterDomain,
            node: DNSResolution.parse(NodeFiles.text(configuration.resolvConfPath) ?? ""))
    }

    func event(_ pod: Pod, _ type: String, _ reason: String, _ message: String, container: String? = nil) {
        var reference = ObjectReference(to: pod)
        if let container {
            let list =
                if pod.spec.initContainers.contains(where: { $0.name == container }) {
                    "initContainers"
                } else if pod.spec.ephemeralContainers.contains(where: { $0.name == container }) {
                    "ephemeralContainers"
                } else {
                    "containers"
                }
            reference.fieldPath = "spec.\(list){\(container)}"
        }
        events.record(reference, type: type, reason: reason, message: message)
    }
}
