//! Names, units and labels of the engine's metrics. No label ever carries an instance, a phone number or a WhatsApp id.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Counter: messages accepted, by `lane`.
pub const ACCEPTED: &str = "trunkline_messages_accepted_total";
/// Counter: status changes of outgoing messages, by `status`.
pub const STATUS_CHANGES: &str = "trunkline_message_status_changes_total";
/// Counter: messages that failed, by `reason`.
pub const SEND_FAILURES: &str = "trunkline_message_failures_total";
/// Counter: hand-overs to WhatsApp that are tried again, by `reason`.
pub const SEND_RETRIES: &str = "trunkline_message_retries_total";
/// Counter: messages received and committed.
pub const RECEIVED: &str = "trunkline_messages_received_total";
/// Counter: received messages that were in the log already.
pub const RECEIVED_AGAIN: &str = "trunkline_messages_received_again_total";
/// Counter: state changes of instances, by `state` entered.
pub const STATE_CHANGES: &str = "trunkline_instance_state_changes_total";
/// Gauge: instances by `state`.
pub const INSTANCES: &str = "trunkline_instances";
/// Gauge: instances that hold only their record, without an actor, by `shard`.
pub const DORMANT: &str = "trunkline_instances_dormant";
/// Counter: connections that ended, by `reason`.
pub const CONNECTIONS_CLOSED: &str = "trunkline_connections_closed_total";
/// Histogram, seconds: from accept to the server's acknowledgement.
pub const ACCEPT_TO_SENT: &str = "trunkline_message_accept_to_sent_seconds";
/// Counter: deliveries to endpoints, by `target` and `outcome`.
pub const DELIVERIES: &str = "trunkline_deliveries_total";
/// Counter: events that were committed to the logs.
pub const EVENTS_COMMITTED: &str = "trunkline_events_committed_total";
/// Counter: events that endpoints took, by `target` and `lane`: `live`, or `replay`.
pub const EVENTS_DELIVERED: &str = "trunkline_events_delivered_total";
/// Counter: events that an endpoint's filter does not want, by `target` and `lane`.
pub const EVENTS_PASSED_OVER: &str = "trunkline_events_passed_over_total";
/// Counter: events that were given up, by `target` and `lane`.
pub const EVENTS_DEAD: &str = "trunkline_events_dead_total";
/// Counter: events that were gone from the log before an endpoint took them, by `target` and `lane`.
pub const EVENTS_EXPIRED: &str = "trunkline_events_expired_total";
/// Gauge: events that wait for endpoints, paused ones included, by `shard`, `target` and `lane`.
pub const EVENTS_PENDING: &str = "trunkline_events_pending";
/// Gauge, seconds: age of the oldest event that waits for an endpoint, by `shard`, `target` and `lane`.
pub const OLDEST_PENDING: &str = "trunkline_events_oldest_pending_seconds";
/// Histogram, seconds: from an event's record to the endpoint's answer, by `target`.
pub const DELIVERY_LAG: &str = "trunkline_event_delivery_lag_seconds";
/// Counter: tasks that panicked, by `task`.
pub const TASK_PANICS: &str = "trunkline_task_panics_total";
/// Counter: people who opted out with a word.
pub const OPT_OUTS: &str = "trunkline_opt_outs_total";
/// Counter: one-time passwords that were tried, by `outcome`.
pub const OTP_ATTEMPTS: &str = "trunkline_otp_attempts_total";
/// Counter: runs of schedules.
pub const SCHEDULE_RUNS: &str = "trunkline_schedule_runs_total";
/// Counter: recipients of campaigns who came to a state, by `state`.
pub const CAMPAIGN_RECIPIENTS: &str = "trunkline_campaign_recipients_total";
/// Counter: campaigns that ended by themselves, by `state`.
pub const CAMPAIGNS_ENDED: &str = "trunkline_campaigns_ended_total";
/// Counter: instance actors that were restarted.
pub const ACTOR_RESTARTS: &str = "trunkline_actor_restarts_total";
/// Counter: callers turned away because a queue was full, by `queue`.
pub const TURNED_AWAY: &str = "trunkline_turned_away_total";
/// Counter: steps that the transition table does not have, by `state`. Anything but zero is a bug.
pub const ILLEGAL_TRANSITIONS: &str = "trunkline_illegal_transitions_total";
/// Counter: uploaded files removed because no message needed them any more.
pub const BLOBS_COLLECTED: &str = "trunkline_blobs_collected_total";
/// Counter: messages whose file was uploaded before, for another message.
pub const UPLOADS_SHARED: &str = "trunkline_media_uploads_shared_total";
/// Counter: received files that a phone was asked to upload again, because the media hosts had forgotten them.
pub const MEDIA_ASKED_AGAIN: &str = "trunkline_media_asked_again_total";
/// Counter: requests to the bucket for media, by `operation` (`put`, `fetch`, `list`, `remove`) and `outcome` (`ok`, `failed`).
pub const BUCKET_REQUESTS: &str = "trunkline_media_bucket_requests_total";
/// Gauge: numbers that wait for their turn to connect.
pub const TURNS_WAITING: &str = "trunkline_reconnect_waiting";
/// Gauge: numbers that are logging in.
pub const LOGINS_UNDER_WAY: &str = "trunkline_logins_under_way";
/// Counter: turns to connect that were given, by `kind`: `queued_work`, `idle`, or `asked` by a person.
pub const TURNS: &str = "trunkline_reconnect_turns_total";
/// Histogram, seconds: how long a number waited for its turn.
pub const TURN_WAIT: &str = "trunkline_reconnect_wait_seconds";
/// Gauge, seconds: how long ago a shard's loop last turned, by `shard`.
pub const SHARD_LAG: &str = "trunkline_shard_lag_seconds";
/// Histogram, seconds: polls of at least a millisecond, by `shard` and `kind` of task.
pub const SLOW_POLL: &str = "trunkline_shard_slow_poll_seconds";
/// Counter: stalls of a shard's loop, by `shard` and the `task` that was being polled.
pub const SHARD_STALLS: &str = "trunkline_shard_stalls_total";
/// Gauge, seconds: the longest stall since the start, by `shard`.
pub const SHARD_LONGEST_STALL: &str = "trunkline_shard_longest_stall_seconds";
/// Gauge: instances that wait for their turn to hand over a bulk message, by `shard`.
pub const BULK_WAITING: &str = "trunkline_bulk_turns_waiting";
/// Gauge, bytes: what the clients of a shard hold by the governor's estimate, by `shard`.
pub const CLIENT_MEMORY: &str = "trunkline_client_memory_bytes";
/// Gauge, bytes: what the clients of a shard may hold, by `shard`.
pub const CLIENT_MEMORY_BUDGET: &str = "trunkline_client_memory_budget_bytes";
/// Counter: clients that were recycled to get their memory back, by `reason`.
pub const RECYCLED: &str = "trunkline_clients_recycled_total";

/// Tells the installed recorder what the names mean. Call once at start.
pub fn describe() {
    trunkline_spool::metrics::describe();
    describe_counter!(ACCEPTED, "Messages accepted for sending");
    describe_counter!(STATUS_CHANGES, "Status changes of outgoing messages");
    describe_counter!(SEND_FAILURES, "Messages that will not be sent");
    describe_counter!(SEND_RETRIES, "Hand-overs to WhatsApp that are tried again");
    describe_counter!(RECEIVED, "Messages received and committed");
    describe_counter!(RECEIVED_AGAIN, "Received messages that were in the log already");
    describe_counter!(STATE_CHANGES, "State changes of instances");
    describe_gauge!(INSTANCES, "Instances by state");
    describe_gauge!(DORMANT, "Instances without an actor: only their record is kept");
    describe_counter!(CONNECTIONS_CLOSED, "Connections to WhatsApp that ended");
    describe_histogram!(ACCEPT_TO_SENT, Unit::Seconds, "From accept to the server's acknowledgement");
    describe_counter!(DELIVERIES, "Deliveries to webhooks and brokers");
    describe_counter!(EVENTS_COMMITTED, "Events committed to the logs");
    describe_counter!(EVENTS_DELIVERED, "Events that webhooks, brokers and consumers took");
    describe_counter!(EVENTS_PASSED_OVER, "Events that the filter of an endpoint does not want");
    describe_counter!(EVENTS_DEAD, "Events that were given up");
    describe_counter!(EVENTS_EXPIRED, "Events that were gone before an endpoint took them");
    describe_gauge!(EVENTS_PENDING, "Events that wait for webhooks, brokers and consumers");
    describe_gauge!(OLDEST_PENDING, Unit::Seconds, "Age of the oldest event that waits");
    describe_histogram!(DELIVERY_LAG, Unit::Seconds, "From an event's record to the endpoint's answer");
    describe_counter!(TASK_PANICS, "Tasks that panicked");
    describe_counter!(ACTOR_RESTARTS, "Instance actors that were restarted");
    describe_counter!(TURNED_AWAY, "Callers turned away because a queue was full");
    describe_counter!(ILLEGAL_TRANSITIONS, "Steps that the transition table does not have");
    describe_counter!(BLOBS_COLLECTED, "Uploaded files removed because no message needed them any more");
    describe_counter!(UPLOADS_SHARED, "Messages whose file was uploaded before, for another message");
    describe_counter!(MEDIA_ASKED_AGAIN, "Received files that a phone was asked to upload again");
    describe_counter!(BUCKET_REQUESTS, "Requests to the bucket for media");
    describe_histogram!(SLOW_POLL, Unit::Seconds, "Polls of a millisecond and more");
    describe_counter!(SHARD_STALLS, "Stalls of a shard's loop, by the task that was being polled");
    describe_gauge!(
        SHARD_LONGEST_STALL,
        Unit::Seconds,
        "The longest stall of a shard's loop since the start"
    );
    describe_gauge!(BULK_WAITING, "Instances that wait for their turn to hand over a bulk message");
    describe_gauge!(CLIENT_MEMORY, Unit::Bytes, "What the clients of a shard hold, estimated");
    describe_gauge!(CLIENT_MEMORY_BUDGET, Unit::Bytes, "What the clients of a shard may hold");
    describe_counter!(RECYCLED, "Clients that were recycled to get their memory back");
    describe_gauge!(TURNS_WAITING, "Numbers that wait for their turn to connect");
    describe_gauge!(LOGINS_UNDER_WAY, "Numbers that are logging in");
    describe_counter!(TURNS, "Turns to connect that were given");
    describe_histogram!(TURN_WAIT, Unit::Seconds, "How long a number waited for its turn to connect");
    describe_counter!(OPT_OUTS, "People who opted out with a word");
    describe_counter!(OTP_ATTEMPTS, "One-time passwords that were tried");
    describe_counter!(SCHEDULE_RUNS, "Runs of schedules");
    describe_counter!(CAMPAIGN_RECIPIENTS, "Recipients of campaigns who came to a state");
    describe_counter!(CAMPAIGNS_ENDED, "Campaigns that ended by themselves");
    describe_gauge!(SHARD_LAG, Unit::Seconds, "How long ago a shard's loop last turned");
}
