import NIOHTTP2

/// HTTP/2 settings of both ends.
///
/// NIOHTTP2's defaults end a whole connection after 200 pings, resets or stream errors in half a minute. A Kubernetes client puts
/// hundreds of watches on one connection and cancels them together, and Go peers ping after data: neither may cost other streams.
enum HTTP2Limits {
    private static let eventsMax = 100_000
    private static let streamWindowBytes = 256 * 1024
    private static let connectionWindowBytes = 1024 * 1024

    static func connection(maxConcurrentStreams: Int, headersBytesMax: Int) -> NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: maxConcurrentStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: headersBytesMax),
            HTTP2Setting(parameter: .initialWindowSize, value: streamWindowBytes),
        ]
        configuration.targetWindowSize = connectionWindowBytes
        configuration.controlFrameRateLimit.maximumCount = eventsMax
        configuration.maximumConnectionGlitches = eventsMax
        configuration.maximumRecentlyResetStreams = 1000
        return configuration
    }

    static func stream() -> NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = streamWindowBytes
        configuration.outboundBufferSizeHighWatermark = 64 * 1024
        configuration.outboundBufferSizeLowWatermark = 32 * 1024
        configuration.streamResetFrameRateLimit.maximumCount = eventsMax
        configuration.streamErrorRateLimit.maximumCount = eventsMax
        return configuration
    }
}
