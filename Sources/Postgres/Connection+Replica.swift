import CPostgres
import EventLoop

/// How far a replica has replayed, as one connection to it knows.
struct Replayed {
    var position: Int64 = .min
    var time: MonotonicTime

    /// A server that was asked longer ago than this is asked again: it may have fallen silent.
    private static let trust: Duration = .seconds(1)

    func covers(_ read: ReplicaRead, at now: MonotonicTime) -> Bool {
        position >= read.position && now - time < Self.trust
    }
}

extension Connection {
    // Asked ahead of the read, not beside it: a read takes its snapshot when it begins, and one whose answer is
    // thrown away would have cost the replica as much as any other.
    private static let askReplayed = """
        SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn(), system_identifier
        FROM pg_control_system()
        """

    /// Sends a read to a replica if that is known to have what the read must see, else finds out.
    func send(_ pending: PendingRows, seeing read: ReplicaRead) {
        guard isPipelined else {
            pending.fail(.unavailable("there is a pooler in between"))
            release()
            return
        }
        if replayed.covers(read, at: lane.loop.now) {
            read.replicas.isRecent(read)
            pipeline(pending)
            return
        }
        guard unsafe PQsendQueryParams(pg, Self.askReplayed, 0, nil, nil, nil, nil, 1) == 1 else {
            notSent(pending)
            return
        }
        expected.append(.replayed(pending))
        sync(committing: nil)
    }

    /// The replica has said how far it is.
    func tookReplayed(_ result: OpaquePointer, for pending: PendingRows) {
        guard unsafe PQresultStatus(result) == PGRES_TUPLES_OK else {
            let error = unsafe ServerErrorReader.take(result, nil)
            if error.endsConnection { farewell = error }
            pending.fail(pending.failure(error))
            release()
            return
        }
        let rows = unsafe Rows(owning: result)
        guard let read = pending.replicaRead else {
            release()
            return
        }
        guard rows.bool(0, 0), !rows.isNull(0, 1), rows.int8(0, 2) == read.cluster else {
            close(reason: "it is no replica of the primary")
            pending.fail(.unavailable("it is no replica of the primary"))
            return
        }
        replayed = Replayed(position: rows.int8(0, 1), time: lane.loop.now)
        if replayed.position >= read.position {
            read.replicas.isRecent(read)
            pipeline(pending)
        } else {
            release()
            read.replicas.isBehind(pending, replayed: replayed.position)
        }
    }
}
