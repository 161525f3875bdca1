//! Bounds of the harness. A wait that runs into one of these is a failed test, never a passed one.

use std::time::Duration;

/// Waiting for one event of a client. Generous: the machine may run several clients on two cores.
pub const EVENT_TIMEOUT: Duration = Duration::from_secs(25);

/// Waiting for a client to answer a command.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(30);

/// Waiting for a client process to load and say hello.
pub const PROCESS_START_TIMEOUT: Duration = Duration::from_secs(40);

/// Waiting for something to happen inside the simulated service.
pub const SERVICE_TIMEOUT: Duration = Duration::from_secs(25);

/// Pause between two looks at a counter the service offers no long poll for.
pub const COUNTER_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Time in which a client must have nothing more to say before an absence counts as proven. Absences are
/// otherwise proven by a later event on the same ordered stream.
pub const QUIET_PERIOD: Duration = Duration::from_millis(700);

/// Events kept of one client.
pub const CLIENT_EVENTS_MAX: usize = 50_000;

/// Waiting for the gateway's process to listen.
pub const GATEWAY_START_TIMEOUT: Duration = Duration::from_secs(30);

/// Waiting for the gateway's process to stop in good order; its own bounds add up to 30 s.
pub const GATEWAY_STOP_TIMEOUT: Duration = Duration::from_secs(40);

/// Waiting for the gateway to answer a request; its own bound is 90 s, for a logout that nobody confirms.
pub const GATEWAY_REPLY_TIMEOUT: Duration = Duration::from_secs(60);

/// Waiting for one event of the gateway.
pub const GATEWAY_EVENT_TIMEOUT: Duration = Duration::from_secs(30);

/// Lines of the gateway's standard output that nobody has read yet.
pub const GATEWAY_LINES_MAX: usize = 64;

/// Requests of a trial that are under way at a time.
pub const TRIAL_REQUESTS_AT_ONCE: usize = 16;
/// Messages that a trial hands over in one request.
pub const TRIAL_BATCH: usize = 50;
/// Longest that the endpoints of a trial may take to hear the rest once nothing new happens.
pub const TRIAL_DRAIN_TIMEOUT: Duration = Duration::from_secs(1_800);
/// Longest that a trial may go on making events.
pub const TRIAL_TIMEOUT: Duration = Duration::from_secs(3_600);
/// How long the gateway of a trial stays down after a kill.
pub const TRIAL_DOWN_FOR: Duration = Duration::from_millis(500);
/// Pause between two looks at how far a trial has come.
pub const TRIAL_LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// Rows that a trial asks for at a time.
pub const TRIAL_PAGE: usize = 200;
/// How long a message that was handed over before its recipient opted out may take to his phone, in seconds.
pub const OPT_OUT_ON_ITS_WAY_S: u64 = 2;
/// Time that a delivery of a trial is given, in milliseconds.
pub const TRIAL_DELIVERY_MS: u64 = 700;

/// Waiting for a message broker to start; an Erlang node takes its time on a busy machine.
pub const BROKER_START_TIMEOUT: Duration = Duration::from_secs(90);

/// Waiting for a campaign to come as far as it should; kills and logins may lie in between.
pub const CAMPAIGN_TIMEOUT: Duration = Duration::from_secs(120);
