/// The parts that objects of one cache have in common: pods of one template differ in little more than name, uid and node.
package struct SharedParts: Sendable {
    private var texts = SharedValues<String>()
    private var maps = SharedValues<[String: String]>()
    private var owners = SharedValues<[OwnerReference]>()
    private var containers = SharedValues<Containers>()
    private var volumes = SharedValues<[Volume]>()
    private var tolerations = SharedValues<[Toleration]>()
    private var constraints = SharedValues<[TopologySpreadConstraint]>()
    private var aliases = SharedValues<[HostAlias]>()

    /// Equal amounts may be written differently (`1Gi`, `1024Mi` and `1073741824`), and are printed as they were written.
    private struct Containers: Hashable {
        var values: [Container]
        var formats: [[Quantity.Format]]
    }

    package init() {}

    package mutating func share(_ metadata: inout ObjectMeta) {
        texts.share(&metadata.namespace)
        texts.share(&metadata.generateName)
        maps.share(&metadata.labels)
        maps.share(&metadata.annotations)
        owners.share(&metadata.ownerReferences)
    }

    mutating func share(_ spec: inout PodSpec) {
        share(&spec.containers)
        share(&spec.initContainers)
        volumes.share(&spec.volumes)
        tolerations.share(&spec.tolerations)
        constraints.share(&spec.topologySpreadConstraints)
        aliases.share(&spec.hostAliases)
        maps.share(&spec.nodeSelector)
        texts.share(&spec.nodeName)
        texts.share(&spec.subdomain)
        texts.share(&spec.serviceAccountName)
        texts.share(&spec.priorityClassName)
        texts.share(&spec.preemptionPolicy)
        texts.share(&spec.schedulerName)
        texts.share(&spec.runtimeClassName)
    }

    mutating func share(_ status: inout PodStatus) {
        texts.share(&status.hostIP)
        texts.share(&status.reason)
        texts.share(&status.nominatedNodeName)
        for index in status.hostIPs.indices { texts.share(&status.hostIPs[index]) }
        for index in status.conditions.indices {
            texts.share(&status.conditions[index].type)
            texts.share(&status.conditions[index].reason)
        }
        share(&status.containerStatuses)
        share(&status.initContainerStatuses)
    }

    private mutating func share(_ statuses: inout [ContainerStatus]) {
        for index in statuses.indices {
            texts.share(&statuses[index].name)
            texts.share(&statuses[index].image)
            texts.share(&statuses[index].imageID)
        }
    }

    private mutating func share(_ list: inout [Container]) {
        guard !list.isEmpty else { return }
        let formats = list.flatMap { [Self.formats($0.resources.requests), Self.formats($0.resources.limits)] }
        list = containers.shared(Containers(values: list, formats: formats)).values
    }

    private static func formats(_ list: ResourceList) -> [Quantity.Format] {
        list.sorted { $0.key < $1.key }.map(\.value.format)
    }
}
