package import API

/// - SeeAlso: Kubernetes 1.36 `pkg/controller/cronjob/cronjob_controllerv2.go`, which uses `robfig/cron` v3.
extension CronSchedule {
    private static var yearsMax: Int64 { 5 }

    /// The first time after `time`; nil when none comes within five years.
    ///
    /// - Parameter zone: Seconds ahead of UTC at an instant.
    package func next(after time: Timestamp, zone: (Timestamp) -> Int64 = { _ in 0 }) -> Timestamp? {
        guard case .fields(let minute, let hour, let dayOfMonth, let month, let dayOfWeek) = kind else {
            guard case .every(let seconds) = kind else { return nil }
            return Timestamp(seconds: time.seconds + seconds)
        }
        // A day must fit both fields when one of them is `*`, either of them otherwise.
        let needsBoth = dayOfMonth.isAny || dayOfWeek.isAny
        func fits(_ day: CivilDay) -> Bool {
            let (inMonth, inWeek) = (dayOfMonth.contains(day.day), dayOfWeek.contains(day.weekday))
            return needsBoth ? inMonth && inWeek : inMonth || inWeek
        }
        var candidate = time.seconds - time.seconds % 60 + 60
        let end = candidate + Self.yearsMax * 366 * 86400
        while candidate < end {
            let local = candidate + zone(Timestamp(seconds: candidate))
            let day = CivilDay(epochSeconds: local)
            let minuteOfDay = (local - day.epochSeconds) / 60
            if !month.contains(day.month) || !fits(day) {
                candidate = Self.instant(ofLocal: day.epochSeconds + 86400, after: candidate, zone)
            } else if !hour.contains(Int(minuteOfDay / 60)) {
                candidate += (60 - minuteOfDay % 60) * 60
            } else if !minute.contains(Int(minuteOfDay % 60)) {
                candidate += 60
            } else {
                return Timestamp(seconds: candidate)
            }
        }
        return nil
    }

    /// The first instant at which a zone's clock shows `local` or, where it leaps over that, more.
    private static func instant(ofLocal local: Int64, after time: Int64, _ zone: (Timestamp) -> Int64) -> Int64 {
        let guess = local - zone(Timestamp(seconds: time))
        let better = local - zone(Timestamp(seconds: guess))
        let fitting = [guess, better].filter { $0 > time && $0 + zone(Timestamp(seconds: $0)) >= local }
        return fitting.min() ?? max(guess, better, time + 60)
    }
}
