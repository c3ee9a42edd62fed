//! The behaviour every registry must have, on a real file.

use std::sync::Arc;

use lianwu_sqlite::{SealKey, SqliteAudit, SqliteRegistry};

fn run(case: impl AsyncFnOnce(Arc<SqliteRegistry>)) {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let store =
            SqliteRegistry::open(&folder.path().join("registry.db"), SealKey::from_bytes([7; 32])).expect("open");
        case(Arc::clone(&store)).await;
        store.close().await;
    });
}

lianwu_ports::registry_suite!(run);

mod audit {
    use super::{Arc, SqliteAudit};

    fn run(case: impl AsyncFnOnce(Arc<SqliteAudit>)) {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let store = SqliteAudit::open(&folder.path().join("audit.db")).expect("open");
            case(Arc::clone(&store)).await;
            store.close().await;
        });
    }

    lianwu_ports::audit_suite!(run);
}
