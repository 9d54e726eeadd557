package import API
package import JSON

/// Where a webhook is called: by URL, or through a Service of the cluster.
package enum WebhookClient: Hashable, Sendable {
    case url(String)
    case service(NamespacedName, port: Int, path: String)

    /// - Parameter config: A `clientConfig` that passed its rules.
    package init(_ config: JSONValue) {
        guard let service = config["service"], service.object != nil else {
            self = .url(config["url"]?.string ?? "")
            return
        }
        let key = NamespacedName(namespace: service["namespace"]?.string ?? "", name: service["name"]?.string ?? "")
        self = .service(key, port: Int(clamping: service["port"]?.int ?? 443), path: service["path"]?.string ?? "")
    }
}

/// Who turns objects of one version of a custom kind into those of another.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go`.
package struct ConversionWebhook: Hashable, Sendable {
    package var client: WebhookClient
    /// PEM; empty: the system's roots.
    package var caPEM: [UInt8]
    /// In the order of the definition.
    package var reviewVersions: [String]

    /// Nil where only the name of the version changes.
    package init?(_ conversion: JSONValue?) {
        guard conversion?["strategy"]?.string == "Webhook", let webhook = conversion?["webhook"], webhook.object != nil else {
            return nil
        }
        let config = webhook["clientConfig"] ?? [:]
        client = WebhookClient(config)
        caPEM = config["caBundle"]?.string.flatMap { Base64.decode($0) } ?? []
        reviewVersions = webhook["conversionReviewVersions"]?.array?.compactMap(\.string) ?? []
    }
}

/// What is sent to a conversion webhook, and what its answer makes of the objects. Pure.
package enum ConversionReview {
    /// Why objects cannot be had in a version, in upstream's words.
    package struct Failure: Error, Hashable, Sendable {
        package var message: String

        package init(message: String) { self.message = message }
    }

    private static let group = "apiextensions.k8s.io"

    /// The first of the webhook's versions that is known here; nil: none is.
    package static func version(_ webhook: ConversionWebhook) -> String? {
        webhook.reviewVersions.first { ["v1", "v1beta1"].contains($0) }
    }

    package static func request(
        _ objects: [JSONValue], to apiVersion: String, reviewVersion: String, uid: String
    ) -> JSONValue {
        [
            "kind": "ConversionReview", "apiVersion": .string("\(group)/\(reviewVersion)"),
            "request": [
                "uid": .string(uid), "desiredAPIVersion": .string(apiVersion), "objects": .array(objects),
            ],
        ]
    }

    /// The objects in the wanted version, in their order; what a webhook may not change is as it was.
    package static func converted(
        _ review: JSONValue, from objects: [JSONValue], to apiVersion: String, reviewVersion: String, uid: String
    ) throws(Failure) -> [JSONValue] {
        let kind = name(objects.first ?? .null)
        let found: [JSONValue]
        do throws(Failure) {
            found = try answer(review, reviewVersion, uid)
        } catch {
            throw Failure(message: "conversion webhook for \(kind) failed: \(error.message)")
        }
        guard found.count == objects.count else {
            throw Failure(
                message: "conversion webhook for \(kind) returned \(found.count) objects, expected \(objects.count)")
        }
        var result: [JSONValue] = []
        result.reserveCapacity(found.count)
        for (index, (object, new)) in zip(objects, found).enumerated() {
            result.append(try checked(new, object, apiVersion, index))
        }
        return result
    }

    private static func answer(_ review: JSONValue, _ version: String, _ uid: String) throws(Failure) -> [JSONValue] {
        // The older version was never looked at so closely.
        let isStrict = version == "v1"
        if isStrict, review["kind"]?.string != "ConversionReview" || review["apiVersion"]?.string != "\(group)/\(version)" {
            throw Failure(
                message: "expected webhook response of \(group)/\(version), Kind=ConversionReview, got \(name(review))")
        }
        guard let response = review["response"], response.object != nil else {
            throw Failure(message: "no response provided")
        }
        if isStrict, response["uid"]?.string ?? "" != uid {
            throw Failure(message: "expected response.uid=\"\(uid)\", got \"\(response["uid"]?.string ?? "")\"")
        }
        let status = response["result"]?["status"]?.string ?? ""
        guard status == "Success" else {
            let message = response["result"]?["message"]?.string ?? ""
            throw Failure(message: message.isEmpty ? "response.result.status was '\(status)', not 'Success'" : message)
        }
        return response["convertedObjects"]?.array ?? []
    }

    private static func checked(
        _ new: JSONValue, _ old: JSONValue, _ apiVersion: String, _ index: Int
    ) throws(Failure) -> JSONValue {
        let intro = "conversion webhook for \(name(old)) returned invalid"
        func text(_ object: JSONValue, _ path: [String]) -> String { object[path: path]?.string ?? "" }
        guard text(new, ["apiVersion"]) == apiVersion else {
            throw Failure(
                message: "\(intro) object at index \(index): invalid groupVersion (expected \(apiVersion), received "
                    + "\(text(new, ["apiVersion"])))")
        }
        guard text(new, ["kind"]) == text(old, ["kind"]) else {
            throw Failure(
                message: "\(intro) object at index \(index): invalid kind (expected \(text(old, ["kind"])), received "
                    + "\(text(new, ["kind"])))")
        }
        for (field, shown) in [("name", "name"), ("namespace", "namespace"), ("uid", "UID")] {
            let (before, after) = (text(old, ["metadata", field]), text(new, ["metadata", field]))
            guard before == after else {
                throw Failure(message: "\(intro) object: must have the same \(shown): \(before) != \(after)")
            }
        }
        do throws(Failure) {
            return try withOwnMetadata(new, old)
        } catch {
            throw Failure(message: "\(intro) metadata: \(error.message)")
        }
    }

    /// Of the metadata only labels and annotations are the webhook's to change.
    private static func withOwnMetadata(_ new: JSONValue, _ old: JSONValue) throws(Failure) -> JSONValue {
        guard let given = new["metadata"] else { throw Failure(message: "missing metadata in converted object") }
        guard given.object != nil else {
            throw Failure(message: "invalid metadata of type \(GoFormat.typeName(given)) in converted object")
        }
        var metadata = old["metadata"] ?? [:]
        for field in ["labels", "annotations"] {
            guard let value = given[field], !value.isNull else {
                metadata[field] = nil
                continue
            }
            guard let members = value.object?.members else {
                throw Failure(message: "invalid metadata.\(field) of type \(GoFormat.typeName(value)) in converted object")
            }
            for member in members where member.value.string == nil {
                throw Failure(
                    message: "metadata.\(field)[\(member.key)] must be a string, but is "
                        + "\(GoFormat.typeName(member.value)) in converted "
                        + "object")
            }
            if metadata[field] != value {
                let path = FieldPath("metadata")(field == "labels" ? "labels" : "annotation")
                let errors =
                    field == "labels" ? LabelValidation.labels(value, path) : MetadataValidation.annotations(value, path)
                if let first = errors.first {
                    let all = errors.map(\.description).joined(separator: ", ")
                    throw Failure(message: errors.count == 1 ? first.description : "[\(all)]")
                }
            }
            metadata[field] = value
        }
        var result = new
        result["metadata"] = metadata
        return result
    }

    /// `stable.example.com/v1, Kind=Foo`.
    package static func name(_ object: JSONValue) -> String {
        "\(object["apiVersion"]?.string ?? ""), Kind=\(object["kind"]?.string ?? "")"
    }
}
