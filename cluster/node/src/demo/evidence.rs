//! Gathers what the judge looks at: the event logs of the instances, read anew from their beginning, and the inboxes of the
//! phones. Nothing that the streams told is used here.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::judge::{Arrival, Expected, Place};
use super::limits::{LOG_PAGES_MAX, READS_AT_ONCE};
use super::plan::{Planned, Recipient};
use super::town::{Inbox, Person, Town};
use crate::client::{Api, ApiError, Event};

/// Everything that is at the receivers.
#[derive(Debug, Default)]
pub struct Evidence {
    /// Messages found.
    pub arrivals: Vec<Arrival>,
    /// Phones of linked numbers whose inbox was too small to hold everything; they cannot be asked.
    pub forgetful: Vec<usize>,
}

/// Where evidence is gathered.
pub struct Scene<'a> {
    /// The node.
    pub api: &'a Api,
    /// The phones.
    pub town: &'a Town,
    /// Instances by number.
    pub instances: &'a [String],
    /// Who holds the linked numbers.
    pub people: &'a [Person],
    /// The others.
    pub foreign: &'a [Person],
}

impl Scene<'_> {
    /// Reads every log and every inbox.
    ///
    /// # Errors
    /// The first [`ApiError`].
    pub async fn gather(&self) -> Result<Evidence, ApiError> {
        let logs = stream::iter(self.instances.iter().enumerate())
            .map(|(number, instance)| self.log(number, instance))
            .buffer_unordered(READS_AT_ONCE);
        let mut arrivals: Vec<Arrival> = logs.try_concat().await?;
        let numbers = (0..).map(Place::Phone).zip(self.people);
        let others = (0..).map(Place::Foreign).zip(self.foreign);
        let mut inboxes = stream::iter(numbers.chain(others))
            .map(|(place, person)| async move { Ok((place, self.town.inbox(person).await?)) })
            .buffer_unordered(READS_AT_ONCE);
        let mut forgetful = Vec::new();
        while let Some(read) = inboxes.next().await {
            let (place, inbox) = read?;
            match place {
                Place::Phone(number) if !inbox.is_whole() => forgetful.push(number),
                _ => arrivals.extend(on_phone(place, inbox)),
            }
        }
        Ok(Evidence { arrivals, forgetful })
    }

    async fn log(&self, number: usize, instance: &str) -> Result<Vec<Arrival>, ApiError> {
        let mut arrivals = Vec::new();
        let mut after = 0;
        for _ in 0..LOG_PAGES_MAX {
            let events = self.api.events_after(instance, after).await?;
            let Some(last) = events.last() else { break };
            after = last.sequence;
            arrivals.extend(events.into_iter().filter_map(|event| in_log(number, event)));
        }
        Ok(arrivals)
    }
}

fn in_log(number: usize, event: Event) -> Option<Arrival> {
    let received = event.kind == "message.received" && !event.data.from_me;
    let text = event.data.text.filter(|_| received)?.body;
    Some(Arrival { place: Place::Log(number), text, id: event.data.wa_id.unwrap_or_default(), times: 1 })
}

fn on_phone(place: Place, inbox: Inbox) -> impl Iterator<Item = Arrival> {
    inbox.messages.into_iter().filter(|message| !message.from_me).filter_map(move |message| {
        Some(Arrival { place, text: message.text?, id: message.id, times: message.deliveries })
    })
}

/// What must be where: every planned message that `counts`, at each place that can be asked.
pub fn expected(plan: &[Planned], forgetful: &[usize], counts: impl Fn(usize) -> bool) -> Vec<Expected> {
    let places = |to: Recipient| match to {
        Recipient::Number(number) if forgetful.contains(&number) => vec![Place::Log(number)],
        Recipient::Number(number) => vec![Place::Log(number), Place::Phone(number)],
        Recipient::Foreign(number) => vec![Place::Foreign(number)],
    };
    let counted = plan.iter().enumerate().filter(|(index, _)| counts(*index));
    counted.map(|(_, message)| Expected { text: message.text.clone(), places: places(message.to) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_others_sent_is_an_arrival() {
        let inbox: Inbox = serde_json::from_value(serde_json::json!({ "received": 3, "messages": [
            { "id": "1", "from_me": true, "text": "own", "deliveries": 1 },
            { "id": "2", "from_me": false, "text": null, "deliveries": 1 },
            { "id": "3", "from_me": false, "text": "theirs", "deliveries": 2 },
        ] }))
        .expect("an inbox");
        assert!(inbox.is_whole());
        let arrivals: Vec<Arrival> = on_phone(Place::Foreign(1), inbox).collect();
        let theirs = Arrival { place: Place::Foreign(1), text: "theirs".into(), id: "3".into(), times: 2 };
        assert_eq!(arrivals, [theirs]);
    }

    #[test]
    fn what_is_expected_where() {
        let message = |to| Planned { from: 0, to, text: format!("{to:?}") };
        let plan = [Recipient::Number(1), Recipient::Number(2), Recipient::Foreign(0), Recipient::Foreign(1)];
        let places: Vec<Vec<Place>> = expected(&plan.map(message), &[2], |index| index != 3)
            .into_iter()
            .map(|expected| expected.places)
            .collect();
        assert_eq!(
            places,
            [vec![Place::Log(1), Place::Phone(1)], vec![Place::Log(2)], vec![Place::Foreign(0)]]
        );
    }
}
