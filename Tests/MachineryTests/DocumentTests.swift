import API
import JSON
import Testing

@testable import Machinery

@Suite struct DocumentTests {
    let discovery = DiscoveryDocument()
    let openAPI = OpenAPIDocument()

    @Test func `lists groups and resources in the old form`() throws {
        #expect(discovery.coreVersions(serverAddress: "1.2.3.4:6443")["versions"] == ["v1"])
        let groups = discovery.groupList()["groups"]?.array ?? []
        #expect(groups.first?["name"] == "apiregistration.k8s.io")
        #expect(
            discovery.group("apps")?["preferredVersion"] == ["groupVersion": "apps/v1", "version": "v1"])
        #expect(discovery.group("autoscaling")?["preferredVersion"]?["version"] == "v2")
        #expect(discovery.group("nothing") == nil)
        let core = try #require(discovery.resources(group: "", version: "v1")?["resources"]?.array)
        let eviction = core.first { $0["name"] == "pods/eviction" }
        #expect(eviction?["kind"] == "Eviction")
        #expect(eviction?["group"] == "policy")
        let pods = core.first { $0["name"] == "pods" }
        #expect(pods?["shortNames"] == ["po"])
        #expect(pods?["categories"] == ["all"])
        #expect(discovery.resources(group: "apps", version: "v2") == nil)
    }

    @Test(arguments: ["v2", "v2beta1"])
    func `lists everything in the aggregated form`(version: String) {
        let apis = discovery.aggregated(core: false, version: version)
        #expect(apis["apiVersion"] == .string("apidiscovery.k8s.io/\(version)"))
        let apps = (apis["items"]?.array ?? []).first { $0["metadata"]?["name"] == "apps" }
        let deployments = (apps?["versions"]?[0]?["resources"]?.array ?? []).first { $0["resource"] == "deployments" }
        #expect(deployments?["scope"] == "Namespaced")
        #expect(deployments?["responseKind"] == ["group": "apps", "version": "v1", "kind": "Deployment"])
        #expect((deployments?["subresources"]?.array ?? []).map { $0["subresource"] } == ["scale", "status"])
        #expect(discovery.aggregated(core: true)["items"]?.array?.count == 1)
    }

    @Test func `describes patches so that kubectl may use them`() throws {
        let document = try #require(openAPI.version3("apis/apps/v1"))
        let patch = document["paths"]?["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]?["patch"]
        #expect(patch?["x-kubernetes-group-version-kind"] == ["group": "apps", "kind": "Deployment", "version": "v1"])
        let names = (patch?["parameters"]?.array ?? []).map { $0["name"] }
        #expect(names.contains("fieldValidation"))
        #expect(names.contains("dryRun"))
        let podSpec = document["components"]?["schemas"]?["io.k8s.api.core.v1.PodSpec"]
        #expect(podSpec?["properties"]?["containers"]?["x-kubernetes-patch-merge-key"] == "name")
        #expect(podSpec?["properties"]?["containers"]?["x-kubernetes-patch-strategy"] == "merge")
    }

    @Test func `points every reference at a schema`() throws {
        func references(_ value: JSONValue, _ found: inout Set<String>) {
            switch value {
            case .object(let object):
                for member in object.members {
                    if member.key == "$ref", let text = member.value.string { found.insert(text) }
                    references(member.value, &found)
                }
            case .array(let values): for element in values { references(element, &found) }
            default: break
            }
        }
        for path in openAPI.paths {
            let document = try #require(openAPI.version3(path))
            let schemas = Set(document["components"]?["schemas"]?.object?.keys ?? [])
            var found: Set<String> = []
            references(document, &found)
            for reference in found {
                #expect(schemas.contains(String(reference.dropFirst("#/components/schemas/".count))), "\(reference)")
            }
        }
        let second = openAPI.version2()
        let definitions = Set(second["definitions"]?.object?.keys ?? [])
        var found: Set<String> = []
        references(second, &found)
        for reference in found {
            #expect(definitions.contains(String(reference.dropFirst("#/definitions/".count))), "\(reference)")
        }
    }

    @Test func `names each document by its content`() throws {
        #expect(OpenAPIDocument.hash(of: []) == "6C62272E07BB014262B821756295C58D")
        let index = openAPI.index(hashes: ["api/v1": "AB"])
        #expect(index["paths"]?["api/v1"]?["serverRelativeURL"] == "/openapi/v3/api/v1?hash=AB")
        #expect(index["paths"]?["apis/apps/v1"] != nil)
    }

    @Test func `prints tables`() throws {
        let kind = try #require(Catalog.kind(GroupVersionKind(group: "", version: "v1", kind: "Namespace")))
        let object: JSONValue = [
            "metadata": ["name": "a", "creationTimestamp": "2026-11-21T08:00:00Z"], "status": ["phase": "Active"],
        ]
        let now = try #require(Timestamp(parsing: "2026-11-21T08:05:30Z"))
        let table = TablePrinter.table(kind, [object], metadata: ["resourceVersion": "7"], now: now)
        #expect(table["kind"] == "Table")
        #expect(table["apiVersion"] == "meta.k8s.io/v1")
        #expect(table["metadata"] == ["resourceVersion": "7"])
        #expect(table["rows"]?[0]?["cells"] == ["a", "Active", "5m30s"])
        #expect(table["rows"]?[0]?["object"]?["kind"] == "PartialObjectMetadata")
        #expect(table["columnDefinitions"]?[0]?["format"] == "name")
        let bare = TablePrinter.table(kind, [object], now: now, includeObject: .none, columns: false)
        #expect(bare["rows"]?[0]?["object"] == nil)
        #expect(bare["columnDefinitions"] == .null)
    }
}
