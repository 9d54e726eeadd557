import JSON

/// Defaults of sources that pods and persistent volumes share.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/v1/defaults.go`, `zz_generated.defaults.go`.
enum VolumeDefaults {
    private static let members: [(source: String, field: String, value: JSONValue)] = [
        ("hostPath", "type", ""), ("iscsi", "iscsiInterface", "default"), ("rbd", "pool", "rbd"), ("rbd", "user", "admin"),
        ("rbd", "keyring", "/etc/ceph/keyring"), ("azureDisk", "cachingMode", "ReadWrite"), ("azureDisk", "fsType", "ext4"),
        ("azureDisk", "readOnly", false), ("azureDisk", "kind", "Shared"), ("scaleIO", "storageMode", "ThinProvisioned"),
        ("scaleIO", "fsType", "xfs"),
    ]

    /// - Parameter volume: The object that holds the source: a pod's volume, a PersistentVolume's specification.
    static func apply(_ volume: inout JSONValue) {
        for (source, field, value) in members {
            volume.edit(source) { if $0.text(field).isEmpty { $0.setDefault(field, value) } }
        }
    }
}
