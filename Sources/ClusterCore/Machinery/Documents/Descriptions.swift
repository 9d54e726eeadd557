/// What `kubectl explain` tells of the kinds and fields that people meet most.
///
/// The texts are this project's own. Fields without one are explained by their name and type alone.
enum Descriptions {
    static let apiVersion =
        "APIVersion defines the group and version whose form this object has. A server answers in the version that was asked for."
    static let kind = "Kind names the type of the object in CamelCase. It cannot be changed."

    static func type(_ name: String) -> String? { table[name]?.text }

    static func field(_ field: String, of type: String) -> String? {
        if let text = table[type]?.fields[field] { return text }
        switch field {
        case "apiVersion": return apiVersion
        case "kind": return kind
        case "metadata":
            return type.hasSuffix("List")
                ? "Standard list metadata: the revision that the list shows, and how to go on where it ends early."
                : "Standard object's metadata: its name, namespace, labels, annotations and owners."
        default: return nil
        }
    }

    private struct Entry {
        var text: String?
        var fields: [String: String] = [:]
    }

    private static let table: [String: Entry] = {
        var table: [String: Entry] = [:]
        for text in [DescriptionTexts.meta, DescriptionTexts.pods, DescriptionTexts.workloads, DescriptionTexts.others] {
            var type = ""
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: "|", maxSplits: 1).map(String.init)
                precondition(parts.count == 2, "description table: \(line)")
                if parts[0].hasPrefix("=") {
                    type = String(parts[0].dropFirst())
                    table[type, default: Entry()].text = parts[1]
                } else {
                    table[type, default: Entry()].fields[parts[0]] = parts[1]
                }
            }
        }
        return table
    }()
}

/// The texts: `=TYPE|what it is`, then `FIELD|what it says`, a line each.
enum DescriptionTexts {
    static let meta = """
        =apimachinery.pkg.apis.meta.v1.ObjectMeta|ObjectMeta is what every stored object has, whatever its kind: who it is, whom it belongs to, and when it came and goes.
        name|Name of the object, unique among objects of its kind within a namespace. It cannot be changed.
        generateName|A prefix from which the server makes a unique name when name is empty.
        namespace|The namespace that the object lives in. Empty for kinds that belong to the whole cluster. It cannot be changed.
        labels|Keys and values by which selectors of other objects, and users, find this one.
        annotations|Keys and values that tools keep with the object. Nothing selects by them.
        uid|Set by the server: tells this object from every other one that ever had its name.
        resourceVersion|Set by the server at each write. Sent back in an update, it makes the server refuse if someone else wrote meanwhile.
        generation|Counts changes of the desired state. Set by the server.
        creationTimestamp|CreationTimestamp is a timestamp of the moment at which the server created the object. Set by the server, in UTC.
        deletionTimestamp|The time by which the object is to be gone. Set by the server when a delete was asked for and something must happen first.
        deletionGracePeriodSeconds|Seconds that the object has to end well. Set together with deletionTimestamp; it can only become shorter.
        finalizers|Names of those who must act before the object is removed. The object stays until the list is empty.
        ownerReferences|The objects that this one depends on. When all of them are gone, the garbage collector deletes it.
        managedFields|Who set which field, for server-side apply. Written by the server.
        selfLink|No longer filled in.
        =apimachinery.pkg.apis.meta.v1.OwnerReference|OwnerReference names an object that this one depends on, in the same namespace or without one.
        apiVersion|API version of the owner.
        blockOwnerDeletion|True: the owner cannot be removed by foreground deletion while this object exists.
        controller|True for the one owner that manages this object.
        kind|Kind of the owner.
        name|Name of the owner.
        uid|UID of the owner.
        =apimachinery.pkg.apis.meta.v1.LabelSelector|LabelSelector chooses objects by their labels. Everything that it says must hold; an empty selector takes all.
        matchLabels|Labels that an object must have, each with this value.
        matchExpressions|Further demands on labels: a key, an operator and its values.
        =apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement|LabelSelectorRequirement is one demand on a label.
        key|The label that it is about.
        operator|In, NotIn, Exists or DoesNotExist.
        values|Values for In and NotIn; empty for the other operators.
        =apimachinery.pkg.apis.meta.v1.ListMeta|ListMeta is what every list has.
        continue|When not empty, the list goes on: send it back to get the next page.
        remainingItemCount|How many objects follow this page, where that is known.
        resourceVersion|The revision that the list shows; a watch from here misses nothing.
        =apimachinery.pkg.apis.meta.v1.Condition|Condition is one statement about the state of an object.
        type|What the statement is about.
        status|True, False or Unknown.
        reason|Why, as one word for programs.
        message|Why, for people.
        lastTransitionTime|When the status last changed.
        observedGeneration|The generation of the object that the statement is about.
        =api.core.v1.Namespace|Namespace is a part of the cluster in which names are unique, and to which access rules and quotas apply.
        spec|How the namespace is to behave.
        status|Whether it is in use or going away.
        =api.core.v1.NamespaceSpec|NamespaceSpec says how a namespace behaves.
        finalizers|Who must empty the namespace before it is removed.
        =api.core.v1.NamespaceStatus|NamespaceStatus tells the state of a namespace.
        phase|Active, or Terminating while its content is being deleted.
        conditions|What its deletion waits for.
        =api.core.v1.ConfigMap|ConfigMap holds configuration as keys and values, for pods to read as files or environment variables.
        data|Values as text, by key. Keys are letters, digits, '-', '_' and '.'.
        binaryData|Values as bytes in base64, by key. A key cannot be in data as well.
        immutable|True: the content can never be changed; the ConfigMap can only be deleted and made anew.
        =api.core.v1.Secret|Secret holds values that not everyone may see: passwords, tokens, keys. At most 1 MiB in all.
        data|Values as bytes in base64, by key.
        stringData|Values as plain text, for writing only: each is put into data and replaces what was there.
        immutable|True: the content can never be changed; the Secret can only be deleted and made anew.
        type|What the content is for: Opaque, kubernetes.io/tls, kubernetes.io/dockerconfigjson and so on. It cannot be changed.
        =api.core.v1.ServiceAccount|ServiceAccount is an identity for the processes in pods.
        automountServiceAccountToken|Whether pods get a token of this account as a file. A pod may say otherwise.
        imagePullSecrets|Secrets for pulling images, given to every pod of this account.
        secrets|Secrets that pods of this account may use.
        =api.core.v1.Node|Node is a machine that pods run on.
        spec|What the cluster decided about the node.
        status|What the node says of itself.
        =api.core.v1.NodeSpec|NodeSpec is what the cluster decided about a node.
        podCIDR|The range of addresses that pods of this node get.
        podCIDRs|The same for every address family, podCIDR first.
        providerID|The machine's name at its provider.
        taints|Marks that keep pods away which do not tolerate them.
        unschedulable|True: no new pod is placed here, as after `kubectl cordon`.
        =api.core.v1.NodeStatus|NodeStatus is what a node says of itself.
        addresses|How the node can be reached.
        allocatable|What pods may use in all.
        capacity|What the machine has in all.
        conditions|Ready, MemoryPressure, DiskPressure, PIDPressure, NetworkUnavailable.
        images|Images that lie on the node.
        nodeInfo|Versions of kernel, system, runtime and kubelet.
        =api.core.v1.Taint|Taint keeps pods off a node that do not tolerate it.
        key|Name of the taint.
        value|Value that a toleration may have to match.
        effect|NoSchedule: no new pods; PreferNoSchedule: rather none; NoExecute: running pods leave as well.
        timeAdded|When a NoExecute taint was added.
        """

    static let others = """
        =api.core.v1.Service|Service gives pods that a selector chooses one stable name and address, and spreads connections over them.
        spec|What the service offers, and to which pods it leads.
        status|Addresses that a load balancer was given.
        =api.core.v1.ServiceSpec|ServiceSpec says what a service offers and where connections go.
        selector|Labels of the pods that connections go to. Empty: someone else writes the endpoints.
        ports|The ports that the service offers.
        type|ClusterIP: an address inside the cluster; NodePort: a port of every node as well; LoadBalancer: an outside address as well; ExternalName: only a name for externalName.
        clusterIP|The address inside the cluster. Given by the server when empty; None: no address, the name leads to the pods themselves. It cannot be changed.
        clusterIPs|Addresses inside the cluster, at most one of each family; the first equals clusterIP.
        externalIPs|Further addresses at which nodes take connections for this service.
        externalName|For type ExternalName: the DNS name that this service stands for.
        externalTrafficPolicy|Cluster: connections from outside may go to pods of any node; Local: to pods of the node they arrive at, and keep the client's address.
        internalTrafficPolicy|Cluster: connections of pods go to any node; Local: only to pods of the same node.
        sessionAffinity|ClientIP: connections of one client go to the same pod; None: to any.
        sessionAffinityConfig|How long sessionAffinity lasts.
        ipFamilies|IPv4, IPv6 or both, in order of preference.
        ipFamilyPolicy|SingleStack, PreferDualStack or RequireDualStack.
        healthCheckNodePort|The port of each node that tells whether it has pods of this service, for externalTrafficPolicy Local.
        loadBalancerClass|Which load balancer takes care of the service. It cannot be changed once set.
        loadBalancerIP|No longer recommended: an address wished for from the load balancer.
        loadBalancerSourceRanges|Clients that the load balancer lets in.
        allocateLoadBalancerNodePorts|False: a LoadBalancer service gets no node ports.
        publishNotReadyAddresses|True: pods that are not ready count as ready, for DNS and endpoints.
        trafficDistribution|A wish how connections spread: PreferSameZone, PreferSameNode.
        =api.core.v1.ServicePort|ServicePort is one port of a service.
        name|Name of the port; needed when there are several.
        port|The number that clients connect to.
        targetPort|The port of the pods, as a number or as a port's name. Empty: the same number as port.
        nodePort|The port of every node, for types NodePort and LoadBalancer. Given by the server when empty.
        protocol|TCP, UDP or SCTP; TCP when empty.
        appProtocol|What is spoken on the port, as a hint for those who understand it.
        =api.core.v1.PersistentVolume|PersistentVolume is storage that the cluster has, on its own or for a claim.
        =api.core.v1.PersistentVolumeClaim|PersistentVolumeClaim asks for storage that outlives pods.
        spec|What is asked for.
        status|What was given.
        =api.core.v1.PersistentVolumeClaimSpec|PersistentVolumeClaimSpec says which storage is asked for.
        accessModes|How the storage is to be used: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.
        resources|How much is asked for, as requests.storage.
        storageClassName|The class of the storage. Absent: the cluster's default; empty: none.
        volumeMode|Filesystem or Block.
        volumeName|The volume that the claim is bound to.
        selector|Labels of volumes that may be bound.
        dataSource|Where the first content comes from: a snapshot or another claim.
        dataSourceRef|The same, also for other kinds of object.
        =api.networking.v1.Ingress|Ingress leads HTTP requests from outside to services, by host and path.
        spec|The rules.
        status|Addresses at which the ingress can be reached.
        =api.networking.v1.IngressSpec|IngressSpec says which requests go where.
        ingressClassName|The class of controller that carries the rules out.
        defaultBackend|Where requests go that no rule takes.
        rules|Hosts and their paths. Requests that none takes go to defaultBackend.
        tls|Certificates for hosts.
        =api.networking.v1.IngressRule|IngressRule leads requests for one host.
        host|The host's name; a first label of * takes all. Empty: every host.
        http|Paths and where they lead.
        =api.networking.v1.HTTPIngressPath|HTTPIngressPath leads one path to a backend.
        path|The path, beginning with /.
        pathType|Exact, Prefix or ImplementationSpecific.
        backend|The service and port that take the requests.
        =api.networking.v1.NetworkPolicy|NetworkPolicy says which connections the chosen pods may take part in. Pods that no policy chooses may do everything.
        spec|Pods and rules.
        =api.networking.v1.NetworkPolicySpec|NetworkPolicySpec says which pods are meant, and what they may do.
        podSelector|The pods that the policy is for. Empty: all of its namespace.
        ingress|Who may connect to them: a connection is allowed when one rule takes it. An empty list allows none.
        egress|Where they may connect to. An empty list allows nothing.
        policyTypes|Ingress, Egress or both: which directions the policy restricts.
        =api.networking.v1.NetworkPolicyIngressRule|NetworkPolicyIngressRule allows connections from some peers to some ports.
        from|Peers; empty: everyone.
        ports|Ports of the pods; empty: all.
        =api.networking.v1.NetworkPolicyEgressRule|NetworkPolicyEgressRule allows connections to some peers on some ports.
        to|Peers; empty: everyone.
        ports|Ports of the peers; empty: all.
        =api.networking.v1.NetworkPolicyPeer|NetworkPolicyPeer is a set of pods, or a range of addresses.
        podSelector|Pods by their labels; of the policy's namespace unless namespaceSelector is given.
        namespaceSelector|Namespaces by their labels; all their pods unless podSelector is given.
        ipBlock|A range of addresses; stands alone.
        =api.networking.v1.NetworkPolicyPort|NetworkPolicyPort is one port or a range of ports.
        port|A number, or the name of a port of the pods. Empty: all.
        endPort|The last number of a range that begins at port.
        protocol|TCP, UDP or SCTP; TCP when empty.
        =api.networking.v1.IPBlock|IPBlock is a range of addresses.
        cidr|The range, as 10.0.0.0/8 or fd00::/8.
        except|Ranges inside of it that are not meant.
        =api.rbac.v1.Role|Role is a set of permissions within a namespace.
        rules|What is permitted. Rules only add up; none takes away.
        =api.rbac.v1.ClusterRole|ClusterRole is a set of permissions for the whole cluster, or for namespaces in which a RoleBinding names it.
        rules|What is permitted. Rules only add up; none takes away.
        aggregationRule|Builds the rules from other ClusterRoles that its selectors choose.
        =api.rbac.v1.RoleBinding|RoleBinding gives the permissions of a Role or ClusterRole to subjects, within its namespace.
        roleRef|The Role of the same namespace, or the ClusterRole. It cannot be changed.
        subjects|Users, groups and service accounts.
        =api.rbac.v1.ClusterRoleBinding|ClusterRoleBinding gives the permissions of a ClusterRole to subjects, everywhere.
        roleRef|The ClusterRole. It cannot be changed.
        subjects|Users, groups and service accounts.
        =api.rbac.v1.PolicyRule|PolicyRule permits verbs on resources.
        apiGroups|Groups of the resources; "" is the core group, * all.
        resources|Resources, as pods or pods/log; * all.
        resourceNames|Names that the rule is limited to. Empty: all names.
        verbs|get, list, watch, create, update, patch, delete, deletecollection and others; * all.
        nonResourceURLs|Paths that are no resources, as /metrics; only in ClusterRoles.
        =api.rbac.v1.RoleRef|RoleRef names a role.
        apiGroup|rbac.authorization.k8s.io.
        kind|Role or ClusterRole.
        name|Name of the role.
        =api.rbac.v1.Subject|Subject is someone who gets permissions.
        kind|User, Group or ServiceAccount.
        name|Name of the subject.
        namespace|Namespace of a ServiceAccount; empty for the others.
        apiGroup|rbac.authorization.k8s.io for users and groups, empty for service accounts.
        """
}
