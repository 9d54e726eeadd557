// Written by scripts/generate-schema.py; do not edit.

extension SchemaTables {
    /// Types of `api.events.v1`.
    static let eventsV1: StaticString = """
        =Event K=events.k8s.io/v1/Event
        action 6 s
        apiVersion 0 s
        deprecatedCount 15 i
        deprecatedFirstTimestamp 13 t
        deprecatedLastTimestamp 14 t
        deprecatedSource 12 :api.core.v1.EventSource
        eventTime 2 u a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ObjectMeta
        note 10 s
        reason 7 s
        regarding 8 :api.core.v1.ObjectReference
        related 9 :api.core.v1.ObjectReference p
        reportingController 4 s
        reportingInstance 5 s
        series 3 .EventSeries p
        type 11 s
        =EventList K=events.k8s.io/v1/EventList
        apiVersion 0 s
        items 2 [.Event a r
        kind 0 s
        metadata 1 :apimachinery.pkg.apis.meta.v1.ListMeta
        =EventSeries
        count 1 i a r D=0
        lastObservedTime 2 u a r
        """
}
