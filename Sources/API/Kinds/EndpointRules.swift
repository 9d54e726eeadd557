package import JSON
import NetworkTypes

/// The first three of a list, and how many more there are.
enum FirstFew {
    static func print(_ values: [String], empty: String) -> String {
        if values.isEmpty { return empty }
        let text = values.prefix(3).joined(separator: ",")
        return values.count > 3 ? "\(text) + \(values.count - 3) more..." : text
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/endpoint/strategy.go`, `SetDefaults_Endpoints`, `printEndpoints`.
package struct EndpointsRules: KindRules {
    package func applyDefaults(_ object: inout JSONValue) {
        object.editEach("subsets") { subset in
            subset.editEach("ports") { if $0.text("protocol").isEmpty { $0["protocol"] = "TCP" } }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] { EndpointsValidation.validate(object, old: nil) }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { EndpointsValidation.validate(new, old: old) }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        ["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"]
    }

    package let columns: [Column] = [.objectName, Column("Endpoints", "Addresses with their ports."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        var all: [String] = []
        for subset in object.elements("subsets") {
            let addresses = subset.elements("addresses").map { $0.text("ip") }
            let ports = subset.elements("ports").map { $0["port"]?.int ?? 0 }
            if ports.isEmpty {
                all += addresses
            } else {
                for port in ports {
                    for address in addresses {
                        all.append(address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)")
                    }
                }
            }
        }
        return [Cells.name(object), .string(FirstFew.print(all, empty: "<none>")), Cells.age(object, now: now)]
    }
}
