package import CRI
package import GRPC

/// The image half of a container runtime.
package struct ImageServiceClient: ImageService {
    private static let callTimeout: Duration = .seconds(120)
    /// A pull that makes no end within this time is given up; the next back-off step tries again.
    private static let pullTimeout: Duration = .seconds(20 * 60)
    private let channel: CRIChannel

    package init(client: GRPCClient) { channel = CRIChannel(client: client, service: "runtime.v1.ImageService") }

    package func imageStatus(_ image: String) async throws(RuntimeError) -> ImageRecord? {
        var request = Runtime_V1_ImageStatusRequest()
        request.image.image = image
        let answer: Runtime_V1_ImageStatusResponse = try await channel.call(
            "ImageStatus", request, timeout: Self.callTimeout)
        return answer.hasImage && !answer.image.id.isEmpty ? ImageRecord(answer.image) : nil
    }

    package func pullImage(_ image: String, credentials: RegistryCredentials?) async throws(RuntimeError) -> String {
        var request = Runtime_V1_PullImageRequest()
        request.image.image = image
        if let credentials {
            request.auth.username = credentials.username
            request.auth.password = credentials.password
            request.auth.serverAddress = credentials.serverAddress
        }
        let answer: Runtime_V1_PullImageResponse = try await channel.call("PullImage", request, timeout: Self.pullTimeout)
        return answer.imageRef
    }

    package func listImages() async throws(RuntimeError) -> [ImageRecord] {
        let answer: Runtime_V1_ListImagesResponse = try await channel.call(
            "ListImages", Runtime_V1_ListImagesRequest(), timeout: Self.callTimeout)
        return answer.images.map(ImageRecord.init)
    }

    package func removeImage(_ image: String) async throws(RuntimeError) {
        var request = Runtime_V1_RemoveImageRequest()
        request.image.image = image
        let _: Runtime_V1_RemoveImageResponse = try await channel.call("RemoveImage", request, timeout: Self.callTimeout)
    }

    package func imageFilesystems() async throws(RuntimeError) -> [FilesystemUsage] {
        let answer: Runtime_V1_ImageFsInfoResponse = try await channel.call(
            "ImageFsInfo", Runtime_V1_ImageFsInfoRequest(), timeout: Self.callTimeout)
        return answer.imageFilesystems.map {
            FilesystemUsage(
                mountpoint: $0.fsID.mountpoint, usedBytes: $0.usedBytes.value, usedInodes: $0.inodesUsed.value)
        }
    }
}
