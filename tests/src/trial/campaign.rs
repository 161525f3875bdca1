//! A trial of campaigns: one message to many people over several numbers, a gateway that is killed in between, and people who opt
//! out before and while it runs. [`crate::judge`] says what is wrong.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::account::Account;
use crate::gateway::{Api, Gateway, Instance};
use crate::judge::{Addressee, Reached, Shown, reached};
use crate::limits::{
    OPT_OUT_ON_ITS_WAY_S, TRIAL_DOWN_FOR, TRIAL_LOOK_INTERVAL, TRIAL_PAGE, TRIAL_REQUESTS_AT_ONCE,
    TRIAL_TIMEOUT,
};
use crate::world::World;

/// What a trial consists of.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// People whom the campaign is for.
    pub recipients: usize,
    /// Linked numbers that send.
    pub numbers: usize,
    /// How often the gateway is killed.
    pub kills: usize,
    /// People who opt out: half of them before the campaign starts.
    pub opt_outs: usize,
}

/// What came out.
#[derive(Debug, Clone, Copy)]
pub struct Finding {
    /// What phones show.
    pub reached: Reached,
    /// The sum of the states that the campaign tells.
    pub told: u64,
    /// Kills while it ran.
    pub kills: usize,
    /// People who opted out while it ran.
    pub late_opt_outs: usize,
    /// Those of them whose phones show nothing: they were out before it was their turn.
    pub held_back: usize,
    /// How long it ran, in seconds.
    pub seconds: f64,
}

impl Finding {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.reached.is_clean() && self.told == self.reached.recipients
    }
}

/// First of the people's phone numbers.
const FIRST_PN: u64 = 4_930_000_000_001;

/// Runs a trial.
///
/// # Panics
/// When the gateway or the service does not do what every test relies on; what phones show is no reason.
pub async fn run(plan: &Plan) -> Finding {
    let world = World::start().await;
    let people = world.crowd(plan.recipients, FIRST_PN).await;
    let mut gateway = Gateway::start_with(&world, &[("log-level", "warn")]).await;
    let (mut senders, mut instances) = (Vec::new(), Vec::new());
    for number in 0..plan.numbers {
        let sender = world.account(&format!("Sender {number}")).await;
        instances.push(gateway.link(&sender).await);
        senders.push(sender);
    }
    let mut trial = Trial { plan, people: &people, senders: &senders, out: BTreeMap::new() };
    let (early, late) = trial.opting_out();
    for person in early {
        trial.opt_out(gateway.api(), person).await;
    }
    let path = make(gateway.api(), &instances, &people).await;
    gateway.api().post(&format!("{path}/start"), &json!({})).send().await.expect(200);
    let began = std::time::Instant::now();
    let ran = timeout(TRIAL_TIMEOUT, trial.see_through(&mut gateway, &path, &late)).await;
    let (kills, late_opt_outs) = ran.unwrap_or_else(|_| panic!("no end within {TRIAL_TIMEOUT:?}"));
    let seconds = began.elapsed().as_secs_f64();
    let told = told(gateway.api(), &path).await;
    let addressees = trial.look_at_phones(&world, states(gateway.api(), &path).await).await;
    let is_held_back = |place: &&usize| addressees.get(**place).is_some_and(|person| person.shown.is_empty());
    let held_back = late.iter().take(late_opt_outs).filter(is_held_back).count();
    let finding = Finding { reached: reached(&addressees), told, kills, late_opt_outs, held_back, seconds };
    gateway.finish().await;
    world.finish().await;
    finding
}

struct Trial<'a> {
    plan: &'a Plan,
    people: &'a [Account],
    senders: &'a [Account],
    /// Since when the gateway says that somebody is out, in seconds since the Unix epoch, by place.
    out: BTreeMap<usize, u64>,
}

impl Trial<'_> {
    /// Places of those who opt out before the start, and of those who do so later: spread over everybody. People are written to in
    /// the order of their places, so of the later ones the last is the first to opt out: whoever waits for his turn was written to.
    fn opting_out(&self) -> (Vec<usize>, Vec<usize>) {
        let count = self.plan.opt_outs.min(self.people.len());
        let places = (0..count).map(|number| number * self.people.len() / count.max(1));
        let (early, late): (Vec<_>, Vec<_>) = places.enumerate().partition(|(number, _)| number % 2 == 0);
        let place = |(_, place)| place;
        (early.into_iter().map(place).collect(), late.into_iter().rev().map(place).collect())
    }

    /// Somebody writes the word, and the gateway says that it heard it.
    async fn opt_out(&mut self, api: &Api, place: usize) {
        let person = &self.people[place];
        person.phone().send_text(&self.senders[place % self.senders.len()], "Stop!").await;
        let path = format!("/v1/suppressions/{}", person.pn());
        while api.get(&path).send().await.status != 200 {
            tokio::time::sleep(TRIAL_LOOK_INTERVAL).await;
        }
        self.out.insert(place, now_s());
    }

    /// Watches the campaign to its end. Kills the gateway, and has people opt out, each at its part of the way. Gives how many
    /// kills and opt-outs fell into it.
    async fn see_through(&mut self, gateway: &mut Gateway, path: &str, late: &[usize]) -> (usize, usize) {
        let (mut kills, mut outs) = (0, 0);
        let due = |number: usize, of: usize| (number + 1) * self.plan.recipients / (of + 1);
        let (kills_due, outs_due): (Vec<usize>, Vec<usize>) = (
            (0..self.plan.kills).map(|number| due(number, self.plan.kills)).collect(),
            (0..late.len()).map(|number| due(number, late.len())).collect(),
        );
        loop {
            let campaign = campaign_of(gateway.api(), path).await;
            if campaign["state"] != "running" {
                assert_eq!(campaign["state"], "completed", "{campaign}");
                return (kills, outs);
            }
            let done = settled(&campaign);
            if kills_due.get(kills).is_some_and(|due| done >= *due) {
                gateway.kill9();
                kills += 1;
                tokio::time::sleep(TRIAL_DOWN_FOR).await;
                gateway.restart().await;
            } else if outs_due.get(outs).is_some_and(|due| done >= *due) {
                self.opt_out(gateway.api(), late[outs]).await;
                outs += 1;
            } else {
                tokio::time::sleep(crate::limits::COUNTER_POLL_INTERVAL).await;
            }
        }
    }

    /// What everybody's phone shows, beside what the campaign says of him.
    async fn look_at_phones(&self, world: &World, states: BTreeMap<String, String>) -> Vec<Addressee> {
        let looking = self.people.iter().enumerate().map(|(place, person)| {
            let state = states.get(person.pn()).cloned().unwrap_or_default();
            let out_since_s = self.out.get(&place).map(|since_s| since_s + OPT_OUT_ON_ITS_WAY_S);
            async move {
                // What the service took a moment ago may still be on its way to the phone.
                let wait = if state == "sent" { "?received=1&wait_ms=5000" } else { "" };
                let inbox = world.control().get(&format!("/accounts/{}/inbox{wait}", person.pn())).await;
                let messages = inbox["messages"].as_array().cloned().unwrap_or_default();
                let shown = messages.iter().map(|message| Shown {
                    id: message["id"].as_str().unwrap_or_default().to_owned(),
                    received_s: message["received_s"].as_u64().unwrap_or_default(),
                });
                Addressee { state, shown: shown.collect(), out_since_s }
            }
        });
        stream::iter(looking).buffered(TRIAL_REQUESTS_AT_ONCE).collect().await
    }
}

/// A draft for everybody, some of whom are named twice: the list is uploaded.
async fn make(api: &Api, instances: &[Instance], people: &[Account]) -> String {
    let ids: Vec<&str> = instances.iter().map(Instance::id).collect();
    let body = json!({"name": "trial", "instances": ids, "message": {"body": "Hello {{name}}"}});
    let made = api.post("/v1/campaigns", &body).send().await;
    made.expect(201);
    let path = made.header("location").to_owned();
    let again = people.iter().step_by(100);
    let rows: String = people.iter().chain(again).map(|person| format!("{0},{0}\n", person.pn())).collect();
    let upload = api.request(reqwest::Method::POST, &format!("{path}/recipients/import"));
    let report = upload.body("text/csv", format!("phone,name\n{rows}")).send().await;
    assert_eq!(report.expect(200)["created"], json!(people.len()), "{report}");
    path
}

/// The campaign without what was counted of its messages since: that takes a look at each.
async fn campaign_of(api: &Api, path: &str) -> Value {
    let listed = api.get("/v1/campaigns").send().await.expect(200);
    let id = path.rsplit('/').next().unwrap_or_default();
    let found = listed["data"].as_array().and_then(|all| all.iter().find(|one| one["id"] == id).cloned());
    found.unwrap_or_else(|| panic!("{path} is not in {listed}"))
}

/// People of whom it is known what became of their messages.
fn settled(campaign: &Value) -> usize {
    let of = |state: &str| campaign["statistics"][state].as_u64().unwrap_or_default();
    usize::try_from(of("sent") + of("failed") + of("suppressed")).unwrap_or(usize::MAX)
}

/// The sum of the states that the campaign tells.
async fn told(api: &Api, path: &str) -> u64 {
    let campaign = campaign_of(api, path).await;
    let states = ["pending", "claimed", "queued", "sent", "failed", "suppressed", "cancelled"];
    states.iter().filter_map(|state| campaign["statistics"][*state].as_u64()).sum()
}

/// Where the campaign says that everybody stands.
async fn states(api: &Api, path: &str) -> BTreeMap<String, String> {
    let (mut states, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let page = format!("{path}/recipients?limit={TRIAL_PAGE}{cursor}");
        let page = api.get(&page).send().await.expect(200);
        for row in page["data"].as_array().into_iter().flatten() {
            let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
            states.insert(text("phone"), text("state"));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return states,
        }
    }
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
