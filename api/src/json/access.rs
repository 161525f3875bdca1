//! What keys and apps have in common: the instances that exist for them, and the addresses that they are taken from.

use ipnet::IpNet;
use std::net::IpAddr;
use trunkline_model::limits::{KEY_ADDRESSES_MAX, KEY_INSTANCES_MAX};
use trunkline_model::{Failure, InstanceId};

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::limits::{KEY_OVERLAP_MS_DEFAULT, KEY_OVERLAP_MS_MAX};

use super::fields::{First, Problems, present};
use super::webhook::Resolve;

/// Instances by id or name.
pub(super) type Instances = First<String, { KEY_INSTANCES_MAX + 1 }>;
/// Addresses, or ranges of them in CIDR form.
pub(crate) type Ranges = First<String, { KEY_ADDRESSES_MAX + 1 }>;

pub(super) fn read_instances(
    problems: &mut Problems,
    First(names): Instances,
    resolve: Resolve<'_>,
) -> Vec<InstanceId> {
    problems.few("instances", &names, KEY_INSTANCES_MAX);
    if names.is_empty() {
        problems.add("instances", "is empty; leave it out or give null for every instance");
    }
    let mut found = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match resolve(name) {
            Some(id) => found.push(id),
            None => {
                problems.add(format!("instances.{index}"), "is no id or name of an instance of this account")
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Addresses in the form in which they are kept: CIDR, without bits outside the prefix.
pub(crate) fn read_ranges(problems: &mut Problems, First(texts): Ranges) -> Vec<String> {
    problems.few("allowed_ips", &texts, KEY_ADDRESSES_MAX);
    let mut ranges: Vec<IpNet> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let range = text
            .parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(|one| IpNet::from(one.to_canonical())));
        match range {
            Ok(range) if !ranges.contains(&range.trunc()) => ranges.push(range.trunc()),
            Ok(_) => {}
            Err(_) => {
                let wanted = "is neither an IP address nor a range such as 192.0.2.0/24";
                problems.add(format!("allowed_ips.{index}"), wanted);
            }
        }
    }
    ranges.iter().map(IpNet::to_string).collect()
}

/// Body of `apps.rotate`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "RotateKey")]
pub(crate) struct RotateKeyBody {
    /// How long the old key serves beside the new one; a day when nothing is said, 0 for not at all.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "u64", range(max = KEY_OVERLAP_MS_MAX / 1_000))]
    overlap_seconds: Option<u64>,
}

impl RotateKeyBody {
    /// How long the old key serves, in milliseconds.
    ///
    /// # Errors
    /// `VALIDATION` when that is too long.
    pub(crate) fn read(&self) -> Result<u64, Failure> {
        let mut problems = Problems::default();
        let overlap_ms = read_overlap(&mut problems, self.overlap_seconds);
        problems.or(Some(overlap_ms))
    }
}

/// How long what is replaced serves, in milliseconds.
pub(super) fn read_overlap(problems: &mut Problems, seconds: Option<u64>) -> u64 {
    let overlap_ms = seconds.map_or(KEY_OVERLAP_MS_DEFAULT, |s| s.saturating_mul(1_000));
    if overlap_ms > KEY_OVERLAP_MS_MAX {
        problems.add("overlap_seconds", format!("is more than {}", KEY_OVERLAP_MS_MAX / 1_000));
    }
    overlap_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_in_one_form() {
        let check = |texts: &[&str], expected: Option<&[&str]>| {
            let mut problems = Problems::default();
            let texts = First(texts.iter().map(|text| (*text).to_owned()).collect());
            let read = read_ranges(&mut problems, texts);
            assert_eq!(
                problems.or(Some(read)).ok().as_deref(),
                expected.map(|e| e.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).as_deref()
            );
        };
        check(&[], Some(&[]));
        check(&["192.0.2.7", "192.0.2.9/24", "192.0.2.0/24"], Some(&["192.0.2.7/32", "192.0.2.0/24"]));
        check(&["2001:db8::1", "::ffff:192.0.2.1"], Some(&["2001:db8::1/128", "192.0.2.1/32"]));
        for wrong in ["", "192.0.2", "192.0.2.0/33", "example.org", "*"] {
            check(&[wrong], None);
        }
    }
}
