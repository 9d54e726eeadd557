package import APIServer
package import Controllers
package import HTTP
package import Logging
package import NetworkTypes
package import Store

/// Everything a control plane must be told.
package struct ClusterCoreConfiguration: Sendable {
    /// Where the store's files lie; created when absent.
    package var dataDirectory: String
    /// Opens another store than the one in `dataDirectory`; nil: that one.
    package var openStore: (@Sendable () async throws -> any Store)?
    package var listeners: [HTTPServerConfiguration.Listener]
    /// The API server's certificate chain and key, PEM.
    package var servingCertificatePEM: String
    package var servingKeyPEM: String
    /// Signs clients and kubelets; also published to pods as `kube-root-ca.crt`.
    package var clientCAPEM: String
    /// The authority's key, which signs approved certificate requests; nil: they wait for another signer.
    package var clientCAKeyPEM: String?
    /// P-256 key that signs service account tokens, PEM.
    package var serviceAccountKeyPEM: String
    /// Proxies in front of this server whose word about their users is believed; nil: none.
    package var requestHeaders: RequestHeaderTrust?
    /// The certificate that the API server shows to kubelets.
    package var kubeletClientCertificatePEM: String
    package var kubeletClientKeyPEM: String
    package var serviceCIDR: CIDR
    /// A range of the other family for Services; nil: Services have one family.
    package var secondaryServiceCIDR: CIDR?
    /// Of pods: one, or one of each family.
    package var clusterCIDRs: [CIDR]
    package var nodePrefixLengths = NodePrefixLengths()
    /// The address in the endpoints of the `kubernetes` Service.
    package var advertiseAddress: IPAddress
    package var advertisePort: Int
    /// Bearer tokens of users who have no certificate.
    package var staticTokens: [StaticToken]
    package var limits = RequestLimits()
    /// How long requests are still taken after the server was asked to end, so that clients can learn that it does.
    package var shutdownDelay: Duration = .zero
    /// Which requests are written down, and the file they are appended to; nil: none.
    package var audit: (policy: AuditPolicy, path: String)?
    package var logger: Logger

    package struct StaticToken: Hashable, Sendable {
        package var token: String
        package var user: String
        package var groups: [String]

        package init(token: String, user: String, groups: [String]) {
            self.token = token
            self.user = user
            self.groups = groups
        }
    }

    package init(
        dataDirectory: String, listeners: [HTTPServerConfiguration.Listener], servingCertificatePEM: String,
        servingKeyPEM: String, clientCAPEM: String, serviceAccountKeyPEM: String, kubeletClientCertificatePEM: String,
        kubeletClientKeyPEM: String, serviceCIDR: CIDR, clusterCIDR: CIDR, advertiseAddress: IPAddress,
        advertisePort: Int = 6443, staticTokens: [StaticToken] = [], logger: Logger
    ) {
        self.dataDirectory = dataDirectory
        self.listeners = listeners
        self.servingCertificatePEM = servingCertificatePEM
        self.servingKeyPEM = servingKeyPEM
        self.clientCAPEM = clientCAPEM
        self.serviceAccountKeyPEM = serviceAccountKeyPEM
        self.kubeletClientCertificatePEM = kubeletClientCertificatePEM
        self.kubeletClientKeyPEM = kubeletClientKeyPEM
        self.serviceCIDR = serviceCIDR
        clusterCIDRs = [clusterCIDR]
        self.advertiseAddress = advertiseAddress
        self.advertisePort = advertisePort
        self.staticTokens = staticTokens
        self.logger = logger
    }
}
