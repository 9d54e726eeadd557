import APIServer
import ArgumentParser
import Lab

/// A proxy in front of the API server that names its users in headers, as kube-apiserver's flags have it.
struct RequestHeaderOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Who signed the certificates of proxies whose user headers are believed, PEM.", valueName: "file"))
    var requestheaderClientCaFile: String?
    @Option(help: ArgumentHelp("Common names of such proxies, with commas; none: all.", valueName: "names"))
    var requestheaderAllowedNames = ""
    @Option(help: ArgumentHelp("Headers that hold the user's name.", valueName: "names"))
    var requestheaderUsernameHeaders = "X-Remote-User"
    @Option(help: ArgumentHelp("Headers that hold the user's uid.", valueName: "names"))
    var requestheaderUidHeaders = "X-Remote-Uid"
    @Option(help: ArgumentHelp("Headers that hold the user's groups.", valueName: "names"))
    var requestheaderGroupHeaders = "X-Remote-Group"
    @Option(help: ArgumentHelp("Beginnings of the headers that hold what else is known.", valueName: "prefixes"))
    var requestheaderExtraHeadersPrefix = "X-Remote-Extra-"

    /// Nil without an authority.
    func trust(clientCAPEM: String) throws -> RequestHeaderTrust? {
        guard let requestheaderClientCaFile else { return nil }
        func list(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }
        var fields = RequestHeaderTrust.Fields()
        fields.usernames = list(requestheaderUsernameHeaders)
        fields.uids = list(requestheaderUidHeaders)
        fields.groups = list(requestheaderGroupHeaders)
        fields.extraPrefixes = list(requestheaderExtraHeadersPrefix)
        return try RequestHeaderTrust(
            authorityPEM: try FileTree.text(requestheaderClientCaFile), allowedNames: list(requestheaderAllowedNames),
            fields: fields, clientCAPEM: clientCAPEM)
    }
}
