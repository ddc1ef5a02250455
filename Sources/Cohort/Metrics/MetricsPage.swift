import EventLoop
import HTTP
import Postgres

/// What is told of the service's figures, and how it is called. docs/operations.md says what each means.
struct MetricsPage: Sendable {
    let parts: ServiceParts

    /// - Parameters:
    ///   - loops: the last figures of each; nil where none came yet.
    ///   - isResponding: whether they are of now.
    func text(_ loops: [LoopFigures?], isResponding: [Bool]) -> [UInt8] {
        let known = loops.compactMap { $0 }
        var text = MetricsText()
        text.family("cohort_build_info", .gauge, "Always 1, with the version of the service.")
        text.sample([("version", serviceVersion)], 1)
        var requests = RequestFigures()
        for loop in known { requests += loop.requests }
        writeRequests(requests, to: &text)
        writeConnections(known, to: &text)
        writeLanes(known, to: &text)
        writeReplicas(known, to: &text)
        writeQueues(known, to: &text)
        writeLoops(loops, isResponding, to: &text)
        ProcessFigures().write(to: &text)
        return text.bytes
    }

    // MARK: Requests

    private func writeRequests(_ figures: RequestFigures, to text: inout MetricsText) {
        let answered = figures.answered
        text.family(
            "cohort_http_requests_total", .counter,
            "Requests that are over, by route, method and status; 499: the client left.")
        for one in answered {
            for (status, count) in one.statuses {
                text.sample(
                    [("route", one.route), ("method", one.method), ("status", status)], count)
            }
        }
        text.family(
            "cohort_http_request_duration_seconds", .histogram,
            "From the last byte of a request to the last byte of its answer.")
        for one in answered {
            text.histogram(
                [("route", one.route), ("method", one.method)], one.durations, .seconds)
        }
        text.family(
            "cohort_http_refused_requests_total", .counter,
            "What was refused before a route was looked for: not HTTP, too large, too slow.")
        for (status, count) in figures.refused { text.sample([("status", status)], count) }
        text.family(
            "cohort_unavailable_answers_total", .counter, "Answers with status 503, by reason.")
        for reason in UnavailabilityReason.allCases {
            text.sample([("reason", reason.name)], figures.unavailable[reason.rawValue])
        }
        text.family(
            "cohort_sign_ins_total", .counter,
            "Attempts to sign in with a password, by what became of them.")
        for accounts in ["users", "customers"] {
            let routes = Routes.all.filter { $0.signsIn == accounts }
            for (outcome, status) in [("succeeded", 200), ("failed", 401), ("throttled", 429)] {
                text.sample(
                    [("accounts", accounts), ("outcome", outcome)],
                    routes.reduce(0) { $0 + figures.count(of: $1, status: status) })
            }
        }
    }

    private func writeConnections(_ loops: [LoopFigures], to text: inout MetricsText) {
        func sum(_ value: (LoopFigures) -> Int) -> Int { loops.reduce(0) { $0 + value($1) } }
        text.family("cohort_http_requests_in_flight", .gauge, "Requests that are not over yet.")
        text.sample(sum { $0.http.requestsBegun - $0.http.requestsEnded })
        text.family(
            "cohort_http_connections", .gauge, "Open connections of clients, idle ones included.")
        text.sample(sum(\.connections))
        text.family("cohort_http_connections_max", .gauge, "How many there may be.")
        text.sample(parts.configuration.http.limits.connectionsMax * parts.configuration.http.loops)
        text.family("cohort_http_connections_accepted_total", .counter, "Connections of clients.")
        text.sample(sum(\.http.connectionsAccepted))
        text.family(
            "cohort_http_connections_refused_total", .counter,
            "Those that were told 503, or closed, as there were too many.")
        text.sample(sum(\.http.connectionsRefused))
        text.family(
            "cohort_http_connections_evicted_total", .counter,
            "Idle ones that were closed to make room for others.")
        text.sample(sum(\.http.connectionsEvicted))
        text.family(
            "cohort_http_connections_shed_total", .counter,
            "Those ended because unfinished requests and untaken answers were too much together.")
        text.sample(sum(\.http.connectionsShed))
        text.family("cohort_http_received_bytes_total", .counter, "Bytes from clients.")
        text.sample(sum(\.http.bytesReceived))
        text.family("cohort_http_sent_bytes_total", .counter, "Bytes to clients.")
        text.sample(sum(\.http.bytesSent))
    }

    // MARK: PostgreSQL

    /// The figures of every loop, by lane.
    private typealias Lanes = [(label: MetricsText.Labels, figures: [LaneStatistics])]

    private func writeLanes(_ loops: [LoopFigures], to text: inout MetricsText) {
        let lanes: Lanes = (loops.first?.lanes ?? []).enumerated().map { index, lane in
            (
                label: [("lane" as StaticString, lane.name)],
                figures: loops.map { $0.lanes[index].figures }
            )
        }
        func family(
            _ name: StaticString, _ kind: MetricsText.Kind, _ help: StaticString,
            _ value: (LaneStatistics) -> Int
        ) {
            text.family(name, kind, help)
            for lane in lanes { text.sample(lane.label, lane.figures.reduce(0) { $0 + value($1) }) }
        }
        family(
            "cohort_postgres_connections", .gauge, "Open connections to PostgreSQL.", \.connections)
        family(
            "cohort_postgres_connections_max", .gauge, "How many there may be.", \.connectionsMax)
        family(
            "cohort_postgres_connections_opened_total", .counter, "Connections that were made.",
            \.connectionsOpened)
        family(
            "cohort_postgres_connections_lost_total", .counter,
            "Connections that broke, or that the server closed.", \.connectionsLost)
        family(
            "cohort_postgres_connections_failed_total", .counter,
            "Attempts to connect that failed.", \.connectionsFailed)
        family(
            "cohort_postgres_statements_total", .counter, "Statements that were sent.",
            \.statements)
        family(
            "cohort_postgres_statements_in_flight", .gauge,
            "Statements at the server, or connections in use by one request.", \.inFlight)
        family(
            "cohort_postgres_statements_waiting", .gauge, "Those that wait for a connection.",
            \.waiting)
        family(
            "cohort_postgres_statements_lane_full_total", .counter,
            "Those for which there was no place to wait.", \.refused)
        family(
            "cohort_postgres_statements_wait_deadline_total", .counter,
            "Those that waited too long for a connection.", \.waitedTooLong)
        family(
            "cohort_postgres_statements_retried_total", .counter,
            "Those that were sent again, as the first time left nothing behind.", \.retried)
        writeHistograms(of: lanes, to: &text)
        writeErrors(of: lanes, to: &text)
    }

    private func writeHistograms(of lanes: Lanes, to text: inout MetricsText) {
        func histogram(
            _ name: StaticString, _ help: StaticString, _ unit: MetricsText.Unit,
            _ value: (LaneStatistics) -> Histogram
        ) {
            text.family(name, .histogram, help)
            for lane in lanes {
                var sum = value(LaneStatistics())
                for figures in lane.figures { sum += value(figures) }
                text.histogram(lane.label, sum, unit)
            }
        }
        histogram(
            "cohort_postgres_wait_seconds",
            "How long those waited for a connection for which none was free.", .seconds, \.waits)
        histogram(
            "cohort_postgres_statement_duration_seconds",
            "From when the server could begin with a statement to the end of its answer.",
            .seconds, \.durations)
        histogram(
            "cohort_postgres_segment_statements",
            "Messages that were sent together, preparations included.", .pieces, \.segmentSizes)
    }

    private func writeErrors(of lanes: Lanes, to text: inout MetricsText) {
        text.family(
            "cohort_postgres_errors_total", .counter,
            "Failures that PostgreSQL told, by class of SQLSTATE.")
        for lane in lanes {
            var errors: [String: Int] = [:]
            for figures in lane.figures { errors.merge(figures.errors, uniquingKeysWith: +) }
            for (sqlstate, count) in errors.sorted(by: { $0.key < $1.key }) {
                text.sample(lane.label + [("class", sqlstate)], count)
            }
        }
    }

    private func writeReplicas(_ loops: [LoopFigures], to text: inout MetricsText) {
        guard let names = loops.first?.replicas.map(\.name), !names.isEmpty else { return }
        func family(
            _ name: StaticString, _ kind: MetricsText.Kind, _ help: StaticString,
            _ value: (LoopFigures.Replica) -> Int
        ) {
            text.family(name, kind, help)
            for (index, replica) in names.enumerated() {
                text.sample(
                    [("replica", replica)], loops.reduce(0) { $0 + value($1.replicas[index]) })
            }
        }
        family("cohort_replica_connections", .gauge, "Open connections to a replica.") {
            $0.lane.connections
        }
        family("cohort_replica_statements_total", .counter, "Reads that were sent to it.") {
            $0.lane.statements
        }
        family("cohort_replica_passed_over", .gauge, "Loops that send their reads elsewhere.") {
            $0.isPassedOver ? 1 : 0
        }
    }

    // MARK: The rest

    private func writeQueues(_ loops: [LoopFigures], to text: inout MetricsText) {
        text.family("cohort_queue_waiting", .gauge, "Requests that wait for their turn.")
        for share in PasswordWork.Share.allCases {
            text.sample([("queue", share.name)], parts.passwords.waitingCount(share))
        }
        text.sample([("queue", "large_bodies")], parts.largeBodies.waitingCount())
        text.sample([("queue", "scans")], parts.scans.waitersCount)
        text.sample([("queue", "batches")], loops.reduce(0) { $0 + $1.batchesWaiting })
        text.family(
            "cohort_log_lines_dropped_total", .counter,
            "Log lines that were not written, as nobody read them in time.")
        text.sample(parts.log.droppedLines)
        text.family("cohort_draining", .gauge, "1 once the process was told to stop.")
        text.sample(parts.drain.hasBegun ? 1 : 0)
    }

    private func writeLoops(
        _ loops: [LoopFigures?], _ isResponding: [Bool], to text: inout MetricsText
    ) {
        text.family(
            "cohort_loop_responding", .gauge,
            "0: the loop did not tell its figures in time, and the last that are known are shown.")
        for (index, isResponding) in isResponding.enumerated() {
            text.sample([("loop", "\(index)")], isResponding ? 1 : 0)
        }
        text.family(
            "cohort_loop_delay_seconds", .gauge, "How long a loop took to come to telling them.")
        for (index, loop) in loops.enumerated() {
            guard let loop else { continue }
            text.sample([("loop", "\(index)")], nanoseconds: loop.delay.nanoseconds)
        }
    }
}
