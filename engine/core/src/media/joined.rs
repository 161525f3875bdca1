//! Work that several callers want at the same time, done once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OnceCell;

/// What is under way, by what it is about: as many entries as there are callers at the most.
pub(crate) struct Joined<K, V>(Mutex<HashMap<K, Weak<OnceCell<V>>>>);

impl<K, V> Default for Joined<K, V> {
    fn default() -> Joined<K, V> {
        Joined(Mutex::default())
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Joined<K, V> {
    /// Does `work`, or waits for somebody who does it. When that one fails or goes away, the next caller does its own.
    ///
    /// # Errors
    /// Those of `work`, for the caller whose work it was.
    pub(crate) async fn get<E>(&self, key: K, work: impl Future<Output = Result<V, E>>) -> Result<V, E> {
        let cell = self.cell(&key);
        let done = cell.get_or_try_init(|| work).await.cloned();
        drop(cell);
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way.get(&key).is_some_and(|cell| cell.strong_count() == 0) {
            under_way.remove(&key);
        }
        done
    }

    fn cell(&self, key: &K) -> Arc<OnceCell<V>> {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those whose callers were all cut off are found here.
        under_way.retain(|other, cell| cell.strong_count() > 0 || other == key);
        if let Some(cell) = under_way.get(key).and_then(Weak::upgrade) {
            return cell;
        }
        let cell = Arc::new(OnceCell::new());
        under_way.insert(key.clone(), Arc::downgrade(&cell));
        cell
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn callers_at_the_same_time_share_what_the_first_one_does() {
        let (joined, done) = (Joined::default(), AtomicU32::new(0));
        let work = || async {
            tokio::task::yield_now().await;
            Ok::<_, ()>(done.fetch_add(1, Ordering::Relaxed))
        };
        let together = join_all((0..5).map(|_| joined.get("file", work()))).await;
        assert_eq!(together, [Ok(0); 5]);
        assert_eq!(joined.get("file", work()).await, Ok(1), "what is done is not remembered");
        assert!(joined.0.lock().expect("whole").is_empty());
    }

    #[tokio::test]
    async fn a_failure_is_the_first_callers_alone() {
        let (joined, tried) = (Joined::default(), AtomicU32::new(0));
        let work = || async {
            tokio::task::yield_now().await;
            let number = tried.fetch_add(1, Ordering::Relaxed);
            if number == 0 { Err("broken") } else { Ok(number) }
        };
        let together = join_all((0..3).map(|_| joined.get("file", work()))).await;
        assert_eq!(together, [Err("broken"), Ok(1), Ok(1)]);
    }
}
