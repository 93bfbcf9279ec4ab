//! The settings that a server needs before it is trusted with read models.

use minwon_core::{StoreError, StoreErrorKind};
use redis::{Cmd, Value};

use super::{error::store_error, link::Connection};

/// The oldest version whose scripts and errors this store was written for.
const VERSION_MIN: u32 = 7;

/// Refuses servers that are too old, or would throw away parts of what they hold; and one node of
/// several where the URL is not that of a cluster.
pub(super) async fn check(
    connection: &mut Connection,
    is_for_cluster: bool,
) -> Result<(), StoreError> {
    let mut info = Cmd::new();
    info.arg("INFO");
    let answers = connection.ask_all(&info).await;
    let answers = answers.map_err(|error| store_error("asking Redis about itself", error))?;
    for (node, info) in answers {
        let is_of_cluster = check_answer(&node, info)?;
        if !is_for_cluster && is_of_cluster {
            check_alone(connection).await?;
        }
    }
    warn_without_persistence(connection).await;
    Ok(())
}

/// Returns whether the node that tells `info` of itself is one of a cluster.
pub(super) fn check_answer(node: &str, info: Value) -> Result<bool, StoreError> {
    let Ok(info) = redis::from_redis_value::<String>(info) else {
        return Ok(false);
    };
    check_version(node, &info)?;
    check_eviction(node, field(&info, "maxmemory_policy"))?;
    Ok(field(&info, "redis_mode") == Some("cluster"))
}

/// Refuses a node of a cluster in which others have slots as well: most keys would be theirs.
async fn check_alone(connection: &mut Connection) -> Result<(), StoreError> {
    let mut info = Cmd::new();
    info.arg("CLUSTER").arg("INFO");
    let Ok(answers) = connection.ask_all(&info).await else {
        // A user who may not ask finds out about the others by the first key that is theirs.
        return Ok(());
    };
    for (_, info) in answers {
        let info = redis::from_redis_value::<String>(info).unwrap_or_default();
        let masters = field(&info, "cluster_size").and_then(|size| size.parse::<u32>().ok());
        if let Some(masters @ 2..) = masters {
            let what = format!(
                "the URL is for one Redis server, but this one is a node of a cluster of {masters} \
                 masters: write redis+cluster:// (rediss+cluster:// if encrypted) in place of what \
                 stands before the host, and leave out the database"
            );
            return Err(StoreError::new(StoreErrorKind::Misconfigured, what));
        }
    }
    Ok(())
}

fn check_version(node: &str, info: &str) -> Result<(), StoreError> {
    // Valkey reports the version of Redis that it stands in for here, too.
    let version = field(info, "redis_version").unwrap_or("0");
    let major = version.split('.').next().unwrap_or("0");
    if major.parse::<u32>().is_ok_and(|major| major >= VERSION_MIN) {
        return Ok(());
    }
    let what = format!(
        "Redis{} has version {version}, but version {VERSION_MIN} is the oldest this works with: \
         update it",
        at(node)
    );
    Err(StoreError::new(StoreErrorKind::Misconfigured, what))
}

fn check_eviction(node: &str, policy: Option<&str>) -> Result<(), StoreError> {
    match policy {
        Some("noeviction") => Ok(()),
        Some(policy) => {
            let what = format!(
                "Redis{} has maxmemory-policy {policy}, so it may drop parts of read models \
                 without a word: run CONFIG SET maxmemory-policy noeviction, and write it to \
                 redis.conf",
                at(node)
            );
            Err(StoreError::new(StoreErrorKind::Misconfigured, what))
        }
        None => {
            let at = at(node);
            tracing::warn!(
                "Redis{at} does not say what it does when memory runs short; see that its \
                 maxmemory-policy is noeviction"
            );
            Ok(())
        }
    }
}

/// Says so where a restart would lose everything: that is safe, but means a rebuild.
async fn warn_without_persistence(connection: &mut Connection) {
    let mut config = Cmd::new();
    config
        .arg("CONFIG")
        .arg("GET")
        .arg("appendonly")
        .arg("save");
    let Ok(answers) = connection.ask_all(&config).await else {
        tracing::warn!("Redis does not say whether it persists what it holds (CONFIG is barred)");
        return;
    };
    for (node, answer) in answers {
        if !persists(answer) {
            tracing::warn!(
                "Redis{} has neither an append-only file nor snapshots: after a restart all read \
                 models are rebuilt. Run CONFIG SET appendonly yes",
                at(&node)
            );
        }
    }
}

fn persists(config: Value) -> bool {
    let config: Vec<(String, String)> = redis::from_redis_value(config).unwrap_or_default();
    config.iter().any(|(name, value)| match name.as_str() {
        "appendonly" => value == "yes",
        _ => !value.is_empty(),
    })
}

/// The value of a line `name:value`.
fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found == name).then_some(value.trim_end())
    })
}

fn at(node: &str) -> String {
    if node.is_empty() {
        String::new()
    } else {
        format!(" at {node}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_are_refused() {
        for (info, is_accepted) in [
            ("# Server\r\nredis_version:7.0.15\r\n", true),
            ("# Server\r\nredis_version:8.2.1\r\n", true),
            ("# Server\r\nredis_version:6.2.14\r\n", false),
            ("# Server\r\n", false),
        ] {
            assert_eq!(check_version("", info).is_ok(), is_accepted, "{info}");
        }
    }

    #[test]
    fn evicting_policies_are_refused_with_what_to_do() {
        assert!(check_eviction("", Some("noeviction")).is_ok());
        let refused = check_eviction("10.0.0.1:6379", Some("allkeys-lru")).unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Misconfigured);
        let text = refused.to_string();
        assert!(
            text.contains("10.0.0.1:6379") && text.contains("noeviction"),
            "{text}"
        );
    }
}
