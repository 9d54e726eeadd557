/// A day of the proleptic Gregorian calendar (the era arithmetic of Howard Hinnant's `civil_from_days`).
package struct CivilDay: Hashable, Sendable {
    /// Of its midnight, on the same clock that it was made from.
    package let epochSeconds: Int64
    package let year: Int64
    /// 1...12
    package let month: Int
    /// 1...31
    package let day: Int
    /// Zero: Sunday.
    package let weekday: Int

    package init(epochSeconds seconds: Int64) {
        let days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        epochSeconds = days * 86400
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        self.month = Int(month)
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        weekday = Int(((days + 4) % 7 + 7) % 7)
    }
}
