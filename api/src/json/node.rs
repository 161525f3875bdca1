//! The node as its operator sees it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::time::Time;
use crate::gateway::{NodeStatus, ShardStatus};

/// Answer of `node.status`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Node")]
pub(crate) struct NodeJson<'a> {
    version: &'static str,
    started_at: Time,
    uptime_ms: u64,
    shards: Vec<ShardJson>,
    instances: BTreeMap<&'static str, usize>,
    resume: ResumeJson<'a>,
    open_files: OpenFilesJson,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Shard")]
struct ShardJson {
    shard: u16,
    instances: usize,
    lag_ms: u64,
}

/// The first attempt of each number that was to come back online at the start.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Resume")]
struct ResumeJson<'a> {
    total: usize,
    waiting: usize,
    connecting: usize,
    open: usize,
    failed: usize,
    failed_by_reason: &'a BTreeMap<&'static str, usize>,
    done: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OpenFiles")]
struct OpenFilesJson {
    limit: Option<u64>,
    used: Option<u64>,
}

impl<'a> NodeJson<'a> {
    pub(crate) fn of(status: &'a NodeStatus) -> NodeJson<'a> {
        let resume = &status.resume;
        NodeJson {
            version: status.version,
            started_at: Time(status.started_at_ms),
            uptime_ms: status.uptime_ms,
            shards: status
                .shards
                .iter()
                .map(|&ShardStatus { shard, instances, lag_ms }| ShardJson { shard, instances, lag_ms })
                .collect(),
            instances: status.instances.iter().map(|(state, count)| (state.as_str(), *count)).collect(),
            resume: ResumeJson {
                total: resume.total,
                waiting: resume.waiting,
                connecting: resume.connecting,
                open: resume.open,
                failed: resume.failures(),
                failed_by_reason: &resume.failed,
                done: resume.done(),
            },
            open_files: OpenFilesJson { limit: status.open_files.limit, used: status.open_files.used },
        }
    }
}
