package import JSON

/// What the cluster's registry has: images by name and tag, and what each is made of.
package struct RegistryCatalog: Hashable, Sendable {
    package struct Image: Hashable, Sendable {
        /// A manifest, or an index of manifests; one of `content`.
        package var manifest: ContentDigest
        /// Every piece, manifests included.
        package var content: [ContentDescriptor]

        package init(manifest: ContentDigest, content: [ContentDescriptor]) {
            self.manifest = manifest
            self.content = content
        }
    }

    package var images: [ImageReference: Image]

    package init(_ images: [ImageReference: Image] = [:]) { self.images = images }

    package func has(repository: String) -> Bool { images.keys.contains { $0.repository == repository } }

    /// The manifest or index that a tag stands for.
    package func manifest(_ reference: ImageReference) -> ContentDescriptor? {
        images[reference].flatMap { image in image.content.first { $0.digest == image.manifest } }
    }

    /// A piece of any image of the repository.
    package func content(_ digest: ContentDigest, in repository: String) -> ContentDescriptor? {
        for (reference, image) in images where reference.repository == repository {
            if let content = image.content.first(where: { $0.digest == digest }) { return content }
        }
        return nil
    }

    /// Everything that some tag leads to; what else lies on disk can go.
    package var digests: Set<ContentDigest> { Set(images.values.flatMap { $0.content.map(\.digest) }) }

    package var json: JSONValue {
        let sorted = images.sorted { "\($0.key)" < "\($1.key)" }
        return [
            "images": .array(
                sorted.map { reference, image in
                    [
                        "repository": .string(reference.repository), "tag": .string(reference.tag),
                        "manifest": .string("\(image.manifest)"), "content": .array(image.content.map(\.json)),
                    ]
                })
        ]
    }

    /// Nil when `json` is not what `json` writes.
    package init?(json: JSONValue) {
        guard let entries = json["images"]?.array else { return nil }
        images = [:]
        for entry in entries {
            guard let repository = entry["repository"]?.string, let tag = entry["tag"]?.string,
                let reference = ImageReference(repository: repository, tag: tag),
                let manifest = entry["manifest"]?.string.flatMap({ ContentDigest($0) }), let list = entry["content"]?.array
            else { return nil }
            let content = list.compactMap(ContentDescriptor.init(json:))
            guard content.count == list.count else { return nil }
            images[reference] = Image(manifest: manifest, content: content)
        }
    }
}
