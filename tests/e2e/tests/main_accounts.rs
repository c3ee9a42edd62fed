//! Several main accounts on one platform: who administers, and what stays apart, over a restart.

use lianwu_testkit::{CloudClient, Fixture, LAMP_MODEL, Server, ServerOptions};
use serde_json::{Value, json};

const OWN: &str = "2026-11-01";

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Does the account of first-run.json administer the platform, and an account it made work beside it, alone, after a
/// restart as before?
#[test]
fn a_second_main_account_works_beside_the_administrator() {
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let made = fixture.cloud.try_call_of(OWN, "CreateMainAccount", &json!({"Name": "plant"})).expect("a main account");
    let plant =
        |server: &Server| CloudClient::new(server.http_address(), text(&made["SecretId"]), text(&made["SecretKey"]));
    plant(&server).call("CreateProject", &json!({"ProjectName": "home", "ProjectDesc": ""}));
    for _ in 0..2 {
        let (plant, admin) = (plant(&server), server.cloud());
        assert_eq!(plant.call("GetProjectList", &json!({}))["Total"], 1);
        let foreign = plant.call_refused("DescribeStudioProduct", &json!({"ProductId": fixture.product}));
        assert_eq!(foreign.code, "ResourceNotFound.StudioProductNotExist");
        for operation in ["DescribeConfiguration", "ListMainAccounts"] {
            let refused = plant.try_call_of(OWN, operation, &json!({})).expect_err("not its business");
            assert_eq!(refused.code, "UnauthorizedOperation");
            assert!(refused.message.contains("first-run.json"), "{}", refused.message);
            admin.try_call_of(OWN, operation, &json!({})).expect("the administrator's business");
        }
        let all = admin.try_call_of(OWN, "ListMainAccounts", &json!({})).expect("main accounts");
        assert_eq!(all["MainAccounts"][0]["Uin"], server.first_run("uin"));
        assert_eq!(all["MainAccounts"][0]["Administrator"], true);
        assert!(server.stop().status.success());
        server.restart();
    }
    assert!(!server.log().contains(text(&made["SecretKey"])), "secrets are not in the program's log");
}
