use super::*;

fn text(payload: &str) -> Result<String, RrpcError> {
    with_token(payload.as_bytes(), "t").map(|bytes| String::from_utf8(bytes).unwrap())
}

/// Does a question on a custom topic get its token, and is anything that cannot carry one refused?
#[test]
fn a_question_carries_a_token() {
    assert_eq!(text("{}").unwrap(), r#"{"clientToken":"t"}"#);
    assert_eq!(text(r#" {"a":[1,{}]} "#).unwrap(), r#"{"a":[1,{}],"clientToken":"t"}"#);
    for payload in ["", "[]", "1", "{", r#"{"a":1}x"#, r#"{"a":}"#, r#"{"clientToken":"mine"}"#] {
        assert!(matches!(text(payload), Err(RrpcError::NotAnObject(_))), "{payload}");
    }
}

/// Is an answer read by its method alone, and told apart from one that cannot be read?
#[test]
fn answers_on_custom_topics() {
    let read = |payload: &str| read_answer(payload.as_bytes());
    let answer = |payload: Option<&[u8]>| Some(TokenAnswer { token: "t".into(), payload: payload.map(Box::from) });
    assert_eq!(read(r#"{"method":"rrpc_sync_reply","clientToken":"t","payload":"AAH/"}"#), answer(Some(&[0, 1, 255])));
    assert_eq!(read(r#"{"method":"rrpc_sync_reply","clientToken":"t"}"#), answer(Some(b"")));
    assert_eq!(read(r#"{"method":"rrpc_sync_reply","clientToken":"t","payload":"?"}"#), answer(None));
    for other in [
        r#"{"method":"rrpc_sync_replies","clientToken":"t","payload":""}"#,
        r#"{"method":"rrpc_sync_reply","payload":""}"#,
        r#"{"clientToken":"t","payload":""}"#,
        "not JSON",
        "",
    ] {
        assert_eq!(read(other), None, "{other}");
    }
}
