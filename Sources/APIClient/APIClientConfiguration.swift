package import HTTP

/// Where the API server is and who we are to it.
package struct APIClientConfiguration: Sendable {
    package enum Token: Hashable, Sendable {
        case text(String)
        /// Read again every minute, because such tokens are renewed in place.
        case file(String)
    }

    package var http: HTTPClientConfiguration
    /// Path before `/api`, without a trailing slash; mostly empty.
    package var pathPrefix: String
    package var token: Token?
    package var userAgent: String
    /// How long any request but a watch may take.
    package var requestTimeout: Duration

    package init(
        http: HTTPClientConfiguration, pathPrefix: String = "", token: Token? = nil, userAgent: String = "skiff",
        requestTimeout: Duration = .seconds(60)
    ) {
        self.http = http
        self.pathPrefix = pathPrefix
        self.token = token
        self.userAgent = userAgent
        self.requestTimeout = requestTimeout
    }
}
