/// An image on this node.
package struct ImageRecord: Hashable, Sendable {
    package var id: String
    package var tags: [String]
    package var digests: [String]
    package var sizeBytes: UInt64
    /// The user that the image asks for: a number...
    package var uid: Int64?
    /// ...or a name, which cannot be checked against `runAsNonRoot`.
    package var username: String

    package init(
        id: String, tags: [String] = [], digests: [String] = [], sizeBytes: UInt64 = 0, uid: Int64? = nil, username: String = ""
    ) {
        self.id = id
        self.tags = tags
        self.digests = digests
        self.sizeBytes = sizeBytes
        self.uid = uid
        self.username = username
    }
}

/// How to introduce oneself to a registry.
package struct RegistryCredentials: Hashable, Sendable {
    package var username: String
    package var password: String
    package var serverAddress: String

    package init(username: String, password: String, serverAddress: String) {
        self.username = username
        self.password = password
        self.serverAddress = serverAddress
    }
}

/// What images use on one filesystem.
package struct FilesystemUsage: Hashable, Sendable {
    package var mountpoint: String
    package var usedBytes: UInt64
    package var usedInodes: UInt64

    package init(mountpoint: String, usedBytes: UInt64, usedInodes: UInt64) {
        self.mountpoint = mountpoint
        self.usedBytes = usedBytes
        self.usedInodes = usedInodes
    }
}
