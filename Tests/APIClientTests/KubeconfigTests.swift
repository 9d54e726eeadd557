import APIClient
import HTTP
import JSON
import Testing

@Suite struct KubeconfigTests {
    func config(user: JSONValue, cluster: JSONValue = ["server": "https://10.0.0.1:6443/", "certificate-authority-data": "Q0E="])
        throws(APIClientError) -> Kubeconfig
    {
        try Kubeconfig(
            json: [
                "current-context": "skiff", "clusters": [["name": "c", "cluster": cluster]],
                "users": [["name": "u", "user": user]],
                "contexts": [["name": "skiff", "context": ["cluster": "c", "user": "u", "namespace": "team"]]],
            ], directory: "/etc/skiff")
    }

    @Test func `certificates come from data or from files beside the kubeconfig`() throws {
        let config = try config(user: ["client-certificate-data": "Q0VSVA==", "client-key": "keys/k.pem"])
        let result = try config.clientConfiguration { path throws(APIClientError) in Array("file:\(path)".utf8) }
        #expect(result.http.host == "10.0.0.1")
        #expect(result.http.port == 6443)
        #expect(result.pathPrefix == "")
        #expect(result.http.tls?.caPEM == Array("CA".utf8))
        #expect(result.http.tls?.clientCertificatePEM == Array("CERT".utf8))
        #expect(result.http.tls?.clientKeyPEM == Array("file:/etc/skiff/keys/k.pem".utf8))
        #expect(config.contexts["skiff"]?.namespace == "team")
    }

    @Test func `tokens are text or the name of a file`() throws {
        #expect(try config(user: ["token": "t"]).clientConfiguration().token == .text("t"))
        #expect(try config(user: ["tokenFile": "/t"]).clientConfiguration().token == .file("/t"))
    }

    @Test func `says what is missing or not supported`() throws {
        func message(_ config: Kubeconfig, context: String? = nil) -> String {
            do throws(APIClientError) {
                _ = try config.clientConfiguration(context: context)
                return ""
            } catch {
                return "\(error)"
            }
        }
        let exec = try config(user: ["exec": ["command": "aws"]])
        #expect(message(exec).contains("logs in by \"exec\", which is not supported"))
        #expect(message(exec, context: "other") == "kubeconfig: context \"other\" does not exist")
        #expect(message(Kubeconfig()) == "kubeconfig: no current-context is set")
        #expect(message(try config(user: ["client-certificate-data": "Q0VSVA=="])).contains("needs both"))
        #expect(message(try config(user: [:], cluster: ["server": "ftp://x"])).contains("no usable server"))
        #expect(throws: APIClientError.configuration("kubeconfig: client-key-data of user \"u\" is not base64")) {
            try config(user: ["client-key-data": "%%"])
        }
    }

    @Test func `of several files the first one wins`() throws {
        var first = try config(user: ["token": "first"])
        first.merge(try config(user: ["token": "second"]))
        #expect(first.users["u"]?.token == "first")
        #expect(Kubeconfig.paths(environment: ["KUBECONFIG": "/a:/b", "HOME": "/h"]) == ["/a", "/b"])
        #expect(Kubeconfig.paths(environment: ["HOME": "/h"]) == ["/h/.kube/config"])
    }

    @Test(arguments: [
        ("https://[::1]:6443", "::1", 6443, ""), ("http://api", "api", 80, ""), ("https://api/k8s/c1/", "api", 443, "/k8s/c1"),
    ])
    func `servers are read with port and path`(text: String, host: String, port: Int, path: String) throws {
        let url = try #require(ServerURL(parsing: text))
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.path == path)
    }

    @Test(arguments: ["api:6443", "https://", "https://x:0", "https://x:y", "https://[::1"])
    func `what is no server is refused`(text: String) {
        #expect(ServerURL(parsing: text) == nil)
    }
}
