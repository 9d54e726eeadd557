import JSON
import YAML

extension Kubeconfig {
    /// Reads files and merges them, the first one winning; a file that names nothing usable is an error.
    package static func load(paths: [String]) throws(APIClientError) -> Kubeconfig {
        guard !paths.isEmpty else { throw .configuration("kubeconfig: no file is named; set KUBECONFIG") }
        var result = Kubeconfig()
        for path in paths {
            let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            let bytes = try FileBytes.read(path)
            let tree: JSONValue
            do throws(YAMLError) {
                tree = try YAMLDecoder.decode(bytes)
            } catch {
                throw .configuration("\(path): \(error)")
            }
            do throws(APIClientError) {
                result.merge(try Kubeconfig(json: tree, directory: directory))
            } catch {
                throw .configuration("\(path): \(error)")
            }
        }
        return result
    }
}
