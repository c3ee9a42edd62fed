//! What every audit log must do; one function is one question, each with an empty store of its own.

use std::sync::Arc;

use lianwu_model::{Uin, UnixMillis};

use super::{AuditEntry, AuditQuery, AuditStore};

/// Makes one test of each case. `$run` takes an async closure over `Arc<impl AuditStore>` and gives it an empty store.
#[macro_export]
macro_rules! audit_suite {
    ($run:ident) => {
        $crate::audit_suite!($run: [
            a_row_is_read_back_whole, pages_are_newest_first_and_join, every_filter_narrows,
            rows_of_one_time_keep_their_order, old_rows_expire_in_portions, a_search_stops_and_goes_on,
        ]);
    };
    ($run:ident: [$($case:ident),* $(,)?]) => {
        $(
            #[test]
            fn $case() {
                $run($crate::audit::suite::$case);
            }
        )*
    };
}

/// A call of main account 1 at this time.
#[must_use]
pub fn entry(time: u64, operation: &str) -> AuditEntry {
    AuditEntry {
        time: UnixMillis(time),
        request_id: format!("request-{time}-{operation}"),
        owner: Uin(1),
        uin: Uin(100_000_000_009),
        secret_id: "AKIDa".to_owned(),
        source: "192.0.2.7".to_owned(),
        service: "iotexplorer".to_owned(),
        operation: operation.to_owned(),
        region: "ap-guangzhou".to_owned(),
        resource: "项目 *".to_owned(),
        code: "OK".to_owned(),
        latency_micros: 1_234,
        is_write: true,
    }
}

fn everything() -> AuditQuery {
    AuditQuery {
        owner: Uin(1),
        times: UnixMillis(0)..=UnixMillis(u64::MAX >> 1),
        uin: None,
        operation: None,
        writes_only: false,
        before: None,
        limit: 100,
        look_max: 1_000,
    }
}

async fn found(store: &impl AuditStore, query: AuditQuery) -> Vec<String> {
    let page = store.page(query).await.expect("a page");
    assert_eq!(page.next, None);
    page.rows.into_iter().map(|row| row.operation).collect()
}

/// Is every field kept?
pub async fn a_row_is_read_back_whole(store: Arc<impl AuditStore>) {
    let written = AuditEntry { is_write: false, ..entry(5, "DescribeDevice") };
    store.append(vec![written.clone()]).await.expect("append");
    assert_eq!(store.page(everything()).await.expect("a page").rows, vec![written]);
}

/// Do pages follow each other without a gap or a repetition, newest first?
pub async fn pages_are_newest_first_and_join(store: Arc<impl AuditStore>) {
    for batch in [[3, 1], [2, 5]] {
        let rows = batch.iter().map(|time| entry(*time, &time.to_string())).collect();
        store.append(rows).await.expect("append");
    }
    let (mut names, mut query) = (Vec::new(), AuditQuery { limit: 3, ..everything() });
    loop {
        let page = store.page(query.clone()).await.expect("a page");
        names.extend(page.rows.into_iter().map(|row| row.operation));
        match page.next {
            Some(next) => query.before = Some(next),
            None => break,
        }
    }
    assert_eq!(names, ["5", "3", "2", "1"]);
}

/// Does each filter leave out what does not fit, other accounts always?
pub async fn every_filter_narrows(store: Arc<impl AuditStore>) {
    let rows = vec![
        entry(1, "early"),
        AuditEntry { owner: Uin(2), ..entry(2, "foreign") },
        AuditEntry { uin: Uin(3), ..entry(3, "other-caller") },
        AuditEntry { is_write: false, ..entry(4, "read") },
        entry(5, "write"),
    ];
    store.append(rows).await.expect("append");
    assert_eq!(found(&*store, everything()).await, ["write", "read", "other-caller", "early"]);
    let times = UnixMillis(3)..=UnixMillis(4);
    assert_eq!(found(&*store, AuditQuery { times, ..everything() }).await, ["read", "other-caller"]);
    assert_eq!(found(&*store, AuditQuery { uin: Some(Uin(3)), ..everything() }).await, ["other-caller"]);
    let operation = Some("write".to_owned());
    assert_eq!(found(&*store, AuditQuery { operation, ..everything() }).await, ["write"]);
    let writes = AuditQuery { writes_only: true, ..everything() };
    assert_eq!(found(&*store, writes).await, ["write", "other-caller", "early"]);
    assert_eq!(found(&*store, AuditQuery { owner: Uin(2), ..everything() }).await, ["foreign"]);
}

/// Are rows of one time told apart, so that a page can end between them?
pub async fn rows_of_one_time_keep_their_order(store: Arc<impl AuditStore>) {
    store.append(["a", "b", "c"].map(|name| entry(7, name)).to_vec()).await.expect("append");
    let first = store.page(AuditQuery { limit: 2, ..everything() }).await.expect("a page");
    assert_eq!(first.rows.iter().map(|row| row.operation.as_str()).collect::<Vec<_>>(), ["c", "b"]);
    assert!(first.next.is_some());
    assert_eq!(found(&*store, AuditQuery { before: first.next, ..everything() }).await, ["a"]);
}

/// Does a search for what is rare stop at its bound, say where to go on, and find everything in the end?
pub async fn a_search_stops_and_goes_on(store: Arc<impl AuditStore>) {
    let name = |time| if time % 30 == 5 { "rare" } else { "frequent" };
    store.append((1..=100).map(|time| entry(time, name(time))).collect()).await.expect("append");
    let mut query = AuditQuery { operation: Some("rare".to_owned()), look_max: 20, ..everything() };
    let (mut times, mut looked_at) = (Vec::new(), Vec::new());
    loop {
        let page = store.page(query.clone()).await.expect("a page");
        times.extend(page.rows.into_iter().map(|row| row.time.0));
        looked_at.push(page.looked_at);
        match page.next {
            Some(next) => query.before = Some(next),
            None => break,
        }
    }
    assert_eq!(times, [95, 65, 35, 5]);
    assert_eq!(looked_at, [20; 5]);
}

/// Do rows older than asked go, a portion at a time, and no others?
pub async fn old_rows_expire_in_portions(store: Arc<impl AuditStore>) {
    store.append((1..=5).map(|time| entry(time, &time.to_string())).collect()).await.expect("append");
    assert_eq!(store.expire(UnixMillis(4), 2).await, Ok(2));
    assert_eq!(store.expire(UnixMillis(4), 2).await, Ok(1));
    assert_eq!(store.expire(UnixMillis(4), 2).await, Ok(0));
    assert_eq!(found(&*store, everything()).await, ["5", "4"]);
}
