import JSON

/// `projected`: secrets, config maps, downward API, tokens and trust bundles in one directory.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateProjectionSources`.
enum ProjectedVolumeValidation {
    private static let tokenSecondsMin: Int64 = 600
    private static let tokenSecondsMax: Int64 = 1 << 32

    static func validate(_ volume: JSONValue, _ path: FieldPath, _ options: PodValidationOptions) -> [FieldError] {
        var errors = PathValidation.mode(volume["defaultMode"]?.int, path("defaultMode"))
        var paths: Set<String> = []
        for (index, source) in volume.elements("sources").enumerated() {
            let at = path("sources")[index]
            for name in ["secret", "configMap"] where source.has(name) {
                errors += keys(source[name] ?? [:], at(name), path, &paths)
            }
            if let downward = source["downwardAPI"], !downward.isNull {
                for file in downward.elements("items") {
                    errors += VolumeValidation.downwardFile(file, at("downwardAPI"))
                    errors += take(file.text("path"), path, &paths)
                }
            }
            if let token = source["serviceAccountToken"], !token.isNull {
                errors += Self.token(token, at("serviceAccountToken"), path, options)
            }
            if let bundle = source["clusterTrustBundle"], !bundle.isNull {
                errors += trustBundle(bundle, at("clusterTrustBundle"))
                errors += take(bundle.text("path"), path, &paths)
            }
            let kinds = ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"]
            if kinds.count(where: source.has) > 1 {
                errors.append(.forbidden(at, "may not specify more than 1 volume type per source"))
            }
        }
        return errors
    }

    private static func take(
        _ file: String, _ path: FieldPath, _ paths: inout Set<String>, value: String? = nil
    ) -> [FieldError] {
        if file.isEmpty || paths.insert(file).inserted { return [] }
        return [.invalid(path, .string(value ?? file), "conflicting duplicate paths")]
    }

    private static func keys(
        _ source: JSONValue, _ path: FieldPath, _ volume: FieldPath, _ paths: inout Set<String>
    ) -> [FieldError] {
        var errors = FieldCheck.required(source, "name", at: path)
        for (index, item) in source.elements("items").enumerated() {
            errors += VolumeValidation.key(item, path("items")[index])
            errors += take(item.text("path"), volume, &paths, value: source.text("name"))
        }
        return errors
    }

    private static func token(
        _ token: JSONValue, _ path: FieldPath, _ volume: FieldPath, _ options: PodValidationOptions
    ) -> [FieldError] {
        var errors: [FieldError] = []
        let seconds = token["expirationSeconds"]?.int ?? 0
        if seconds < tokenSecondsMin {
            errors.append(
                .invalid(
                    path("expirationSeconds"), .int(seconds), "may not specify a duration less than 10 minutes"))
        }
        if seconds > tokenSecondsMax {
            errors.append(
                .invalid(
                    path("expirationSeconds"), .int(seconds), "may not specify a duration larger than 2^32 seconds"))
        }
        let file = token.text("path")
        if file.isEmpty {
            errors.append(.required(volume("path")))
        } else if !options.allowsNonLocalTokenPath {
            errors += PathValidation.localNonReserved(file, volume("path"))
        }
        return errors
    }

    private static func trustBundle(_ bundle: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        switch (bundle["name"]?.string, bundle["signerName"]?.string) {
        case (.some, .some):
            errors.append(
                .invalid(path, GoValue.renamed(bundle), "only one of name and signerName may be used"))
        case (let name?, nil):
            if name.isEmpty { errors.append(.required(path("name"), "must be a valid object name")) }
            errors += NameValidation.dns1123Subdomain(name.split(separator: ":").last.map(String.init) ?? name).map {
                .invalid(path("name"), .string(name), "not a valid clustertrustbundlename: \($0)")
            }
            if let selector = bundle["labelSelector"], !selector.isNull {
                errors.append(
                    .invalid(path("labelSelector"), selector, "labelSelector must be unset if name is specified"))
            }
        case (nil, let signer?):
            if signer.isEmpty { errors.append(.required(path("signerName"), "must be a valid signer name")) }
            errors += LabelValidation.selector(bundle["labelSelector"], path("labelSelector"))
        case (nil, nil): errors.append(.required(path, "either name or signerName must be specified"))
        }
        if bundle.text("path").isEmpty { errors.append(.required(path("path"))) }
        return errors + PathValidation.localNonReserved(bundle.text("path"), path("path"))
    }
}
