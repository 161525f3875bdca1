//! `trunkline demo`: a gateway and a simulated WhatsApp service exchange messages, and a judge looks for what was lost or
//! came twice.
//!
//! The workload (link, send, follow) and the judgement (evidence, judge) share nothing but the plan: what arrived is read from
//! the receivers after the workload has ended.

mod evidence;
mod follow;
mod judge;
mod limits;
mod link;
mod plan;
mod progress;
mod report;
mod send;
mod stage;
mod town;
mod tracker;

use std::collections::HashSet;
use std::fmt::Display;

use tokio::runtime::Builder;
use tokio::time::{Instant, sleep, timeout};

use self::evidence::{Evidence, Scene, expected};
use self::judge::{Verdict, judge};
use self::limits::{DEMO_TIMEOUT, EVIDENCE_GRACE, EVIDENCE_PAUSE, FINDINGS_SHOWN, MESSAGES_MAX, NUMBERS_MAX};
use self::link::{Linking, make_instances};
use self::plan::{Plan, Size, plan};
use self::progress::Phase;
use self::report::{Latencies, Report, tenths};
use self::send::{HandedIn, Sending};
use self::stage::Stage;
use self::town::{Person, Town};
use self::tracker::{Step, Tracker};
use crate::client::{Api, ApiError, install_tls};
use crate::config::{LogSettings, full_log_filter};
use crate::console::{remark, say};
use crate::exit::Exit;
use crate::{log, open_files};

/// First phone number of the linked numbers.
const FIRST_NUMBER: u64 = 5_511_900_000_001;
/// First phone number of the foreign phones.
const FIRST_FOREIGN: u64 = 4_917_600_000_001;

/// Arguments of `trunkline demo`.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Numbers to link
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=NUMBERS_MAX))]
    numbers: u64,
    /// Messages to send
    #[arg(long, value_name = "M", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=MESSAGES_MAX))]
    messages: u64,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Root of the dice: who writes to whom [default: random]
    #[arg(long)]
    seed: Option<u64>,
    /// What is logged to stderr meanwhile
    #[arg(long, value_name = "FILTER", default_value = "error", value_parser = full_log_filter)]
    log: String,
}

/// Why the demo could not be held.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A part of it did not start.
    #[error("the demo could not be set up: {0}")]
    Stage(String),
    /// The node or the simulator did not do what every client may ask of it.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Events cannot be followed.
    #[error("{0}")]
    Following(String),
    /// It took too long.
    #[error("the demo was not over after {} s", DEMO_TIMEOUT.as_secs())]
    Timeout,
}

impl DemoError {
    fn stage(error: impl Display) -> DemoError {
        DemoError::Stage(error.to_string())
    }
}

/// Runs the command.
pub fn run(args: &DemoArgs) -> Exit {
    let log = LogSettings { filter: args.log.clone(), json: false };
    log::start(&log);
    install_tls();
    if let Some(warning) = open_files::raise() {
        tracing::warn!("{warning}");
    }
    match hold(args, log) {
        Ok(Some(outcome)) => outcome.tell(args),
        Ok(None) => Exit::Interrupted,
        Err(error) => {
            remark(error);
            Exit::Failed
        }
    }
}

/// Sets the stage, performs, strikes the stage. `None` when the person interrupted it.
fn hold(args: &DemoArgs, log: LogSettings) -> Result<Option<Outcome>, DemoError> {
    let seed = args.seed.unwrap_or_else(rand::random);
    let runtime = Builder::new_current_thread().enable_all().build().map_err(DemoError::stage)?;
    let stage = Stage::build(&runtime, seed, log)?;
    let size = Size { numbers: args.numbers as usize, messages: args.messages as usize, seed };
    runtime.block_on(async {
        let performance = Box::pin(timeout(DEMO_TIMEOUT, perform(&stage, size)));
        let outcome = tokio::select! {
            outcome = performance => outcome.unwrap_or(Err(DemoError::Timeout)).map(Some),
            _ = tokio::signal::ctrl_c() => Ok(None),
        };
        stage.strike().await;
        outcome
    })
}

/// What the demo showed.
struct Outcome {
    report: Report,
    /// What a person should know besides the numbers; each one makes the demo fail.
    complaints: Vec<String>,
}

impl Outcome {
    fn tell(&self, args: &DemoArgs) -> Exit {
        let Outcome { report, complaints } = self;
        if args.json {
            say(report.json());
        } else {
            say(format_args!("Linked {} of {} numbers.", report.paired, args.numbers));
            say(report.table());
            say(format_args!(
                "lost {}, duplicated {}, in {:.1} s",
                report.lost, report.duplicated, report.seconds
            ));
        }
        complaints.iter().for_each(remark);
        let clean = report.paired == args.numbers && report.lost == 0 && report.duplicated == 0;
        if clean && complaints.is_empty() { Exit::Success } else { Exit::Failed }
    }
}

/// Everyone who takes part.
struct Cast {
    api: Api,
    town: Town,
    instances: Vec<String>,
    people: Vec<Person>,
    foreign: Vec<Person>,
    tracker: Tracker,
}

async fn perform(stage: &Stage, size: Size) -> Result<Outcome, DemoError> {
    let plan = plan(size);
    let api = Api::new(&stage.api_url, stage.key.clone())?;
    let town = Town::new(&stage.control_url)?;
    let cast = Cast {
        people: town.settle(size.numbers, FIRST_NUMBER, false).await?,
        foreign: town.settle(plan.foreign, FIRST_FOREIGN, true).await?,
        instances: make_instances(&api, size.numbers).await?,
        tracker: Tracker::new(size.numbers),
        api,
        town,
    };
    tokio::select! {
        outcome = Box::pin(cast.act(&plan, size)) => outcome,
        () = follow::follow_all(&cast.api, &cast.instances, &cast.tracker) => Err(DemoError::Following("no event stream is left".to_owned())),
        why = cast.tracker.wait_for(|state| state.broken.clone()) => Err(DemoError::Following(why)),
    }
}

impl Cast {
    async fn act(&self, plan: &Plan, size: Size) -> Result<Outcome, DemoError> {
        let mut complaints = self.link(size.numbers).await;
        let mut report = Report { paired: (size.numbers - complaints.len()) as u64, ..Report::default() };
        if !complaints.is_empty() {
            return Ok(Outcome { report, complaints });
        }
        let began = Instant::now();
        let handed_in = self.send(plan, size.seed, &mut complaints).await;
        report.seconds = tenths(began.elapsed().as_secs_f64());
        let mut accepting = Latencies::new();
        handed_in
            .iter()
            .filter(|handed| handed.outcome.is_ok())
            .for_each(|handed| accepting.add(handed.took));
        let delivering = self.tracker.look(Latencies::of_deliveries);
        report.accept_p99_ms = accepting.ms(0.99);
        report.deliver_p50_ms = delivering.ms(0.5);
        report.deliver_p99_ms = delivering.ms(0.99);
        report.count(self.tracker.look(|state| state.counts));
        let verdict = self.judge(plan, &handed_in, &mut complaints).await?;
        report.lost = verdict.lost;
        report.duplicated = verdict.duplicated;
        complaints.extend(verdict.findings.iter().take(FINDINGS_SHOWN).map(ToString::to_string));
        complaints.extend(self.town.verdict().await?.findings);
        Ok(Outcome { report, complaints })
    }

    /// Links every number; gives a complaint for each that was not.
    async fn link(&self, numbers: usize) -> Vec<String> {
        let phase = Phase::begin("linking", numbers as u64);
        let linking = Linking { api: &self.api, town: &self.town, tracker: &self.tracker };
        let failed = linking.link_all(&self.instances, &self.people, || phase.step()).await;
        failed.into_iter().map(|(number, why)| format!("number {number} was not linked: {why}")).collect()
    }

    /// Sends everything and waits until there is no more to hear.
    async fn send(&self, plan: &Plan, seed: u64, complaints: &mut Vec<String>) -> Vec<HandedIn> {
        let phase = Phase::begin("sending", plan.messages.len() as u64);
        let sending = Sending {
            api: &self.api,
            instances: &self.instances,
            people: &self.people,
            foreign: &self.foreign,
            tracker: &self.tracker,
            seed,
        };
        let (handed_in, settled) = tokio::select! {
            done = Box::pin(async {
                let handed_in = sending.send_all(&plan.messages).await;
                let settled = sending.wait_until_settled(&plan.messages, &handed_in).await;
                (handed_in, settled)
            }) => done,
            () = phase.show_messages(&self.tracker) => unreachable!("the bar is drawn for as long as somebody looks"),
        };
        if !settled {
            complaints.push("nothing more was heard of some messages for a long time".to_owned());
        }
        let refused = handed_in.iter().filter_map(|handed| handed.outcome.as_ref().err());
        let reasons: HashSet<&String> = refused.collect();
        complaints.extend(
            reasons.into_iter().take(FINDINGS_SHOWN).map(|why| format!("a message was refused: {why}")),
        );
        self.tracker.look(|state| {
            let failures = state.failures.iter();
            complaints.extend(failures.map(|(reason, count)| format!("{count} messages failed: {reason}")));
        });
        handed_in
    }

    /// Judges what lies at the receivers; looks again for a short while when something is missing, since a receipt may be a
    /// moment ahead of the log.
    async fn judge(
        &self,
        plan: &Plan,
        handed_in: &[HandedIn],
        complaints: &mut Vec<String>,
    ) -> Result<Verdict, DemoError> {
        let scene = Scene {
            api: &self.api,
            town: &self.town,
            instances: &self.instances,
            people: &self.people,
            foreign: &self.foreign,
        };
        let counted: HashSet<usize> = handed_in
            .iter()
            .filter(|handed| handed.outcome.as_ref().is_ok_and(|id| self.step_of(id) != Step::Failed))
            .map(|handed| handed.index)
            .collect();
        let deadline = Instant::now() + EVIDENCE_GRACE;
        loop {
            let Evidence { arrivals, forgetful } = scene.gather().await?;
            let verdict =
                judge(&expected(&plan.messages, &forgetful, |index| counted.contains(&index)), &arrivals);
            if verdict.lost == 0 || Instant::now() > deadline {
                if !forgetful.is_empty() {
                    remark(format_args!(
                        "The inboxes of {} phones were too small for this demo; there, the event log alone was judged.",
                        forgetful.len()
                    ));
                }
                if counted.is_empty() {
                    complaints.push("nothing was accepted, so there was nothing to judge".to_owned());
                }
                return Ok(verdict);
            }
            sleep(EVIDENCE_PAUSE).await;
        }
    }

    fn step_of(&self, message: &str) -> Step {
        self.tracker.look(|state| state.step_of(message))
    }
}
