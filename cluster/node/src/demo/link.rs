//! Links the numbers: each instance shows its QR code, a virtual phone scans it.

use futures_util::{StreamExt, stream};
use tokio::time::timeout;

use super::limits::{LINK_TIMEOUT, LINKS_AT_ONCE};
use super::town::{Person, Town};
use super::tracker::Tracker;
use crate::client::{Api, ApiError};

/// What linking needs.
pub struct Linking<'a> {
    /// The node.
    pub api: &'a Api,
    /// The phones.
    pub town: &'a Town,
    /// What the instances say.
    pub tracker: &'a Tracker,
}

/// Makes an instance for each number, in order.
///
/// # Errors
/// The first [`ApiError`].
pub async fn make_instances(api: &Api, count: usize) -> Result<Vec<String>, ApiError> {
    let made = stream::iter(0..count).map(|number| async move {
        let name = format!("number-{number}");
        api.obtain_instance(&name).await.map(|instance| instance.id)
    });
    made.buffered(LINKS_AT_ONCE).collect::<Vec<_>>().await.into_iter().collect()
}

impl Linking<'_> {
    /// Links all of them and gives what went wrong, by number. `on_linked` is called after each.
    pub async fn link_all(
        &self,
        instances: &[String],
        people: &[Person],
        on_linked: impl Fn(),
    ) -> Vec<(usize, String)> {
        let links = instances.iter().zip(people).enumerate().map(|(number, (instance, person))| {
            let on_linked = &on_linked;
            async move {
                let outcome = timeout(LINK_TIMEOUT, self.link(number, instance, person)).await;
                on_linked();
                match outcome {
                    Ok(Ok(())) => None,
                    Ok(Err(why)) => Some((number, why)),
                    Err(_) => Some((number, self.stuck(number))),
                }
            }
        });
        stream::iter(links).buffer_unordered(LINKS_AT_ONCE).filter_map(std::future::ready).collect().await
    }

    async fn link(&self, number: usize, instance: &str, person: &Person) -> Result<(), String> {
        self.api.connect(instance).await.map_err(|error| error.to_string())?;
        let mut scanned = None;
        loop {
            match self.tracker.wait_for(|state| sight(&state.numbers[number], scanned.as_deref())).await {
                Sight::Open => return Ok(()),
                Sight::Over(why) => return Err(why),
                Sight::Code(qr) => {
                    match self.town.scan(person, &qr).await {
                        Ok(()) => {}
                        // The code went off just then; the next one comes.
                        Err(ApiError::Refused { status: 404, .. }) => {}
                        Err(error) => return Err(error.to_string()),
                    }
                    scanned = Some(qr);
                }
            }
        }
    }

    fn stuck(&self, number: usize) -> String {
        let (last, reason) = self.tracker.look(|state| {
            let number = &state.numbers[number];
            (number.last.clone(), number.reason.clone().unwrap_or_else(|| "no reason given".to_owned()))
        });
        let last = if last.is_empty() { "nothing".to_owned() } else { last };
        format!("not open after {} s; the last event was {last} ({reason})", LINK_TIMEOUT.as_secs())
    }
}

enum Sight {
    Code(String),
    Open,
    Over(String),
}

fn sight(number: &super::tracker::Number, scanned: Option<&str>) -> Option<Sight> {
    match number.last.as_str() {
        "instance.open" => return Some(Sight::Open),
        "instance.parked" | "instance.logged_out" | "instance.restricted" => {
            let reason = number.reason.as_deref().unwrap_or("no reason given");
            return Some(Sight::Over(format!("{} ({reason})", number.last)));
        }
        _ => {}
    }
    let qr = number.qr.as_deref().filter(|qr| Some(*qr) != scanned)?;
    Some(Sight::Code(qr.to_owned()))
}
