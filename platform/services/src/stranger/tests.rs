use super::*;

const NOW: UnixMillis = UnixMillis(1_795_000_000_000);

fn refusal(source: u32, client_id: &str) -> Refusal<'static> {
    Refusal {
        listener: Listener::Mqtt,
        source: IpAddr::V4(source.into()),
        claimed: Claimed::by_client_id(client_id),
        cause: Cause::UnknownProduct,
        detail: "",
    }
}

#[test]
fn a_window_is_one_row_with_its_count_and_the_next_another() {
    let strangers = Strangers::default();
    for second in 0..60 {
        strangers.note(NOW.plus(Duration::from_secs(second)), refusal(7, "AB12CD34EFlamp"));
    }
    strangers.note(NOW.plus(Duration::from_secs(60)), refusal(7, "AB12CD34EFlamp"));
    let rows = strangers.rows(NOW.plus(Duration::from_secs(61)));
    let counts: Vec<_> = rows.iter().map(|row| (row.first, row.last, row.count)).collect();
    let at = |second| NOW.plus(Duration::from_secs(second));
    assert_eq!(counts, [(at(60), at(60), 1), (at(0), at(59), 60)], "newest first");
    assert_eq!((&*rows[0].claimed.product, &*rows[0].claimed.device), ("AB12CD34EF", "lamp"));
    assert_eq!(strangers.rows(NOW.plus(KEPT + Duration::from_secs(60))).len(), 1, "the older one has had its day");
}

/// What a client wrote is kept only where it is a name; a secret in the wrong place is none.
#[test]
fn only_names_are_kept() {
    for hidden in [
        "",
        "someone@example.com",
        "AB12CD34EFc2VjcmV0LXNlY3JldA==",
        "AKIDsomething;1;2;3",
        "+8613800000000",
        "13800000000",
    ] {
        assert_eq!(Claimed::by_client_id(hidden), Claimed::default(), "{hidden}");
    }
    assert_eq!(&*Claimed::by_client_id("AB12CD34EFlamp\n").device, "lamp", "a stray line end hides nothing");
    let half = Claimed::by_names("AB12CD34EF", "not a name");
    assert_eq!((&*half.product, &*half.device), ("AB12CD34EF", ""));
}

/// However many take part, the table stays as small as it was promised, nothing goes uncounted, and a flood of one source
/// leaves other sources their rows.
#[test]
fn a_flood_is_bounded_and_counted() {
    let strangers = Strangers::default();
    for name in 0..10_000 {
        strangers.note(NOW, refusal(1, &format!("AB12CD34EF{name}")));
    }
    strangers.note(NOW, refusal(2, "AB12CD34EFlamp"));
    let rows = strangers.rows(NOW);
    assert_eq!(rows.len(), SOURCE_ROWS_MAX + 2);
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 10_001);
    let of_flood = rows.iter().find(|row| row.cause == Cause::OneSource).unwrap();
    assert_eq!((of_flood.count, of_flood.source), (10_000 - SOURCE_ROWS_MAX as u64, IpAddr::V4(1.into())));
    for source in 10..10_000 {
        strangers.note(NOW, refusal(source, "AB12CD34EFlamp"));
    }
    let rows = strangers.rows(NOW);
    assert_eq!(rows.len(), WINDOW_ROWS_MAX + 1);
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 10_001 + 9_990);
    assert!(rows.iter().any(|row| row.cause == Cause::ManySources && row.listener == Listener::Several));
    for minute in 1..100 {
        for source in 0..1_000 {
            strangers.note(NOW.plus(WINDOW * minute), refusal(source, "AB12CD34EFlamp"));
        }
    }
    assert_eq!(strangers.rows(NOW.plus(WINDOW * 100)).len(), ROWS_MAX);
    let inner = strangers.0.lock();
    assert!(inner.open.len() <= WINDOW_ROWS_MAX + 1 && inner.sources.len() <= WINDOW_ROWS_MAX);
}

#[test]
fn every_cause_has_its_word_and_both_languages() {
    let words: std::collections::HashSet<_> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
    assert_eq!(words.len(), Cause::ALL.len());
    for cause in Cause::ALL {
        for text in [cause.words(), cause.cure()] {
            assert!(!text.zh.is_ascii() && text.en.is_ascii(), "{cause:?}");
        }
    }
}
