import JSON
import Testing

@testable import Proxy

@Suite struct KubeProxyConfigurationTests {
    private static func file(_ members: JSONObject = JSONObject()) -> JSONValue {
        var object: JSONValue = ["apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration"]
        for member in members { object[member.key] = member.value }
        return object
    }

    /// The shape of what kubeadm writes: everything named, most of it empty or null.
    static let kubeadm: JSONValue = [
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "bindAddress": "0.0.0.0",
        "bindAddressHardFail": false,
        "clientConnection": [
            "acceptContentTypes": "", "burst": 0, "contentType": "", "kubeconfig": "/var/lib/kube-proxy/kubeconfig.conf",
            "qps": 0,
        ],
        "clusterCIDR": "10.244.0.0/16", "configSyncPeriod": "0s",
        "conntrack": [
            "maxPerCore": nil, "min": nil, "tcpBeLiberal": false, "tcpCloseWaitTimeout": nil, "tcpEstablishedTimeout": nil,
            "udpStreamTimeout": "0s", "udpTimeout": "0s",
        ],
        "detectLocal": ["bridgeInterface": "", "interfaceNamePrefix": ""], "detectLocalMode": "", "enableProfiling": false,
        "healthzBindAddress": "", "hostnameOverride": "",
        "iptables": [
            "localhostNodePorts": nil, "masqueradeAll": false, "masqueradeBit": nil, "minSyncPeriod": "0s", "syncPeriod": "0s",
        ],
        "ipvs": [
            "excludeCIDRs": nil, "minSyncPeriod": "0s", "scheduler": "", "strictARP": false, "syncPeriod": "0s",
            "tcpFinTimeout": "0s", "tcpTimeout": "0s", "udpTimeout": "0s",
        ],
        "logging": ["flushFrequency": 0, "options": ["json": ["infoBufferSize": "0"]], "verbosity": 0],
        "metricsBindAddress": "", "mode": "",
        "nftables": ["masqueradeAll": false, "masqueradeBit": nil, "minSyncPeriod": "0s", "syncPeriod": "0s"],
        "nodePortAddresses": nil, "oomScoreAdj": nil, "portRange": "", "showHiddenMetricsForVersion": "",
        "winkernel": ["enableDSR": false, "networkName": "", "sourceVip": ""],
    ]

    @Test func `what kubeadm writes is known to the last member`() throws {
        let file = try KubeProxyConfiguration(Self.kubeadm)
        #expect(file.unknownFields.isEmpty)
        #expect(file.text("clientConnection.kubeconfig") == "/var/lib/kube-proxy/kubeconfig.conf")
        #expect(file.text("clusterCIDR") == "10.244.0.0/16")
        #expect(file.whole("conntrack.maxPerCore") == nil)
        #expect(file.text("healthzBindAddress") == nil)
        #expect(file.section == "nftables")
    }

    @Test func `members that nobody knows are named, and the rest counts`() throws {
        var tree = Self.kubeadm
        tree["udpIdleTimeout"] = "250ms"
        tree["conntrack"] = ["max": nil, "min": 7]
        let file = try KubeProxyConfiguration(tree)
        #expect(file.unknownFields == ["conntrack.max", "udpIdleTimeout"])
        #expect(file.whole("conntrack.min") == 7)
    }

    static let wrongTypes: [(String, JSONValue, String)] = [
        ("clusterCIDR", 7, "clusterCIDR: a value of another type is needed"),
        ("conntrack", ["min": "many"], "conntrack.min: a value of another type is needed"),
        ("nodePortAddresses", ["10.0.0.0/8", 3], "nodePortAddresses: a value of another type is needed"),
        ("nftables", [1], "nftables: not an object"),
        ("bindAddressHardFail", "yes", "bindAddressHardFail: a value of another type is needed"),
    ]

    @Test(arguments: wrongTypes)
    func `a value of another type is refused by name`(name: String, value: JSONValue, message: String) {
        var tree = Self.file()
        tree[name] = value
        #expect(throws: KubeProxyConfiguration.Refusal(description: message)) { try KubeProxyConfiguration(tree) }
    }

    static let otherKinds: [JSONValue] = [
        ["apiVersion": "v1", "kind": "ConfigMap"], ["kind": "KubeProxyConfiguration"], "text", nil,
        ["apiVersion": "kubeproxy.config.k8s.io/v1", "kind": "KubeProxyConfiguration"],
    ]

    @Test(arguments: otherKinds)
    func `another kind of object is refused`(tree: JSONValue) {
        #expect(throws: KubeProxyConfiguration.Refusal.self) { try KubeProxyConfiguration(tree) }
    }

    @Test(arguments: [
        ("", "nftables"), ("nftables", "nftables"), ("iptables", "iptables"), ("ipvs", "ipvs"), ("other", "nftables"),
    ])
    func `the mode says which section counts`(mode: String, section: String) throws {
        var tree = Self.file()
        tree["mode"] = .string(mode)
        #expect(try KubeProxyConfiguration(tree).section == section)
    }
}
