import JSON

/// Writes an OCI image archive with one layer; equal files give an equal digest.
///
/// - SeeAlso: OCI image specification 1.0: `image-layout.md`, `manifest.md`, `config.md`.
package struct ImageArchive {
    package var name: String
    package var entrypoint: [String]
    package var command: [String]
    package var environment: [String]
    /// `amd64`, `arm64`.
    package var architecture: String

    package static let defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    package init(
        name: String, entrypoint: [String] = [], command: [String] = [], environment: [String] = [defaultPath],
        architecture: String = Self.hostArchitecture
    ) {
        self.name = name
        self.entrypoint = entrypoint
        self.command = command
        self.environment = environment
        self.architecture = architecture
    }

    package static var hostArchitecture: String {
        #if arch(arm64)
        "arm64"
        #else
        "amd64"
        #endif
    }

    /// The archive's bytes and the manifest's digest (`sha256:...`).
    package func write(_ files: [TarArchive.Entry]) throws(ImageError) -> (archive: [UInt8], digest: String) {
        guard let colon = name.lastIndex(of: ":"), name.firstIndex(of: "/").map({ $0 < colon }) ?? false else {
            throw ImageError.name(name)
        }
        let layer = try TarArchive.write(files)
        let packed = try Gzip.compress(layer)
        let config = JSONWriter.write(configuration(layerDigest: "sha256:" + SHA256.hex(layer)))
        let manifest = JSONWriter.write([
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.oci.image.config.v1+json", config),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", packed)],
        ])
        var entry = descriptor("application/vnd.oci.image.manifest.v1+json", manifest)
        entry["annotations"] = [
            "io.containerd.image.name": .string(name),
            "org.opencontainers.image.ref.name": .string(String(name[name.index(after: colon)...])),
        ]
        let index: JSONValue = ["schemaVersion": 2, "manifests": [entry]]
        var entries: [TarArchive.Entry] = [
            file("oci-layout", JSONWriter.write(["imageLayoutVersion": "1.0.0"])), file("index.json", JSONWriter.write(index)),
        ]
        for blob in [config, manifest, packed] { entries.append(file("blobs/sha256/" + SHA256.hex(blob), blob)) }
        return (try TarArchive.write(entries), "sha256:" + SHA256.hex(manifest))
    }

    private func configuration(layerDigest: String) -> JSONValue {
        var config: JSONValue = ["Env": JSONValue(environment)]
        if !entrypoint.isEmpty { config["Entrypoint"] = JSONValue(entrypoint) }
        if !command.isEmpty { config["Cmd"] = JSONValue(command) }
        let time: JSONValue = "2024-01-01T00:00:00Z"
        return [
            "created": time, "architecture": .string(architecture), "os": "linux", "config": config,
            "rootfs": ["type": "layers", "diff_ids": [.string(layerDigest)]],
            "history": [["created": time, "created_by": "skiff image build"]],
        ]
    }

    private func descriptor(_ mediaType: String, _ bytes: [UInt8]) -> JSONValue {
        [
            "mediaType": .string(mediaType), "digest": .string("sha256:" + SHA256.hex(bytes)),
            "size": JSONValue(bytes.count),
        ]
    }

    private func file(_ path: String, _ bytes: [UInt8]) -> TarArchive.Entry {
        TarArchive.Entry(path: path, mode: 0o644, content: .file(bytes))
    }
}
