import ArgumentParser
import Lab
import Logging
import Proxy
import YAML

/// A configuration file of kube-proxy, put into the place of the flags that say the same.
struct KubeProxyFile {
    let path: String
    let text: String
    let content: KubeProxyConfiguration

    private static let checkInterval = Duration.seconds(5)

    init(_ path: String) throws {
        self.path = path
        do {
            text = String(decoding: try FileTree.read(path), as: UTF8.self)
            content = try KubeProxyConfiguration(try YAMLDecoder.decode(text))
        } catch {
            throw Refusal(
                "--config: \(path) cannot be used: \(error)",
                remedy: "give a file as kube-proxy reads it (kubectl -n kube-system get configmap kube-proxy shows one)")
        }
    }

    /// As upstream: what is not known is told, and the rest counts.
    func tell(_ log: Logger) {
        if !content.unknownFields.isEmpty {
            let list = content.unknownFields.map { "unknown field \"\($0)\"" }.joined(separator: ", ")
            log.error("using lenient decoding as strict decoding failed", metadata: ["error": "\(list)"])
        }
        if content.mode != "nftables" {
            log.info("the rules are nftables rules, whatever mode the file names", metadata: ["key": "\(content.mode)"])
        }
    }

    /// Returns when the file is another one: whoever runs the proxy starts it anew, as upstream's expects.
    func untilChanged() async throws {
        while true {
            try await ContinuousClock().sleep(for: Self.checkInterval)
            guard let bytes = try? FileTree.read(path) else { continue }
            if String(decoding: bytes, as: UTF8.self) != text { return }
        }
    }

    /// What the file does not say becomes upstream's default; a name and an address of a flag that the file leaves out stay.
    func apply(to options: inout ProxyOptions) {
        options.nodeName = options.nodeName ?? content.text("hostnameOverride")
        options.bindAddress = content.text("bindAddress") ?? options.bindAddress
        options.clusterCidr = content.text("clusterCIDR") ?? ""
        options.detectLocalMode = content.text("detectLocalMode") ?? "ClusterCIDR"
        options.podBridgeInterface = content.text("detectLocal.bridgeInterface") ?? ""
        options.podInterfaceNamePrefix = content.text("detectLocal.interfaceNamePrefix") ?? ""
        let section = content.section
        options.masqueradeAll = content.flag("\(section).masqueradeAll")
        options.masqueradeBit = content.whole("\(section).masqueradeBit") ?? 14
        if let period = content.text("\(section).minSyncPeriod"), section == "nftables", period != "0s", period != "0" {
            options.minSyncPeriod = period
        }
        let addresses = content.texts("nodePortAddresses")
        // The other modes answer at every address of the node, and whoever moves from one of them expects that.
        let everywhere = content.mode == "nftables" ? "primary" : "0.0.0.0/0,::/0"
        options.nodePortAddresses = addresses.isEmpty ? everywhere : addresses.joined(separator: ",")
        options.proxyMode = content.mode.isEmpty ? "nftables" : content.mode
    }

    func apply(to options: inout ConntrackOptions) {
        options.conntrackMaxPerCore = content.whole("conntrack.maxPerCore") ?? 32768
        options.conntrackMin = content.whole("conntrack.min") ?? 131_072
        options.conntrackTcpTimeoutEstablished = content.text("conntrack.tcpEstablishedTimeout") ?? "24h"
        options.conntrackTcpTimeoutCloseWait = content.text("conntrack.tcpCloseWaitTimeout") ?? "1h"
        options.conntrackTcpBeLiberal = content.flag("conntrack.tcpBeLiberal")
        options.conntrackUdpTimeout = content.text("conntrack.udpTimeout") ?? "0"
        options.conntrackUdpTimeoutStream = content.text("conntrack.udpStreamTimeout") ?? "0"
    }

    func apply(to options: inout ProxyServingOptions) {
        let isV6 = content.text("bindAddress")?.contains(":") == true
        options.healthzBindAddress = content.text("healthzBindAddress") ?? (isV6 ? "[::]:10256" : "0.0.0.0:10256")
        options.metricsBindAddress = content.text("metricsBindAddress") ?? (isV6 ? "[::1]:10249" : "127.0.0.1:10249")
    }
}
