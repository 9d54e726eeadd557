package import API

/// What a commit covers: one thing that the proxy saw of the cluster, and that the kernel knows by now.
///
/// Services and slices come as the server holds them, those without frontends (headless ones, for one) included.
package enum ServiceEvent: Hashable, Sendable {
    /// Every Service there is; what is not in it does not exist.
    case servicesListed([Service])
    case serviceSeen(Service)
    case serviceGone(NamespacedName)
    /// Every EndpointSlice there is.
    case slicesListed([EndpointSlice])
    case sliceSeen(EndpointSlice)
    case sliceGone(NamespacedName)
}
