//! Main accounts, for the platform's administrator. Source: spec/lianwu-api.json, group `platform`.

use lianwu_services::account::{self, MainAccount};

use super::paging;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations as op;
use crate::generated::structures::MainAccountItem;

pub async fn create(call: Call, r: op::CreateMainAccountRequest) -> Result<op::CreateMainAccountResponse, ApiError> {
    let (made, key) = account::create_main_account(&call.platform, &r.name).await?;
    Ok(op::CreateMainAccountResponse {
        main_account: Some(item(&call, &made)),
        secret_id: key.secret_id,
        secret_key: key.secret_key.0,
    })
}

pub async fn list(call: Call, r: op::ListMainAccountsRequest) -> Result<op::ListMainAccountsResponse, ApiError> {
    let slice = paging::slice_unsigned(r.offset, r.limit)?;
    let all = account::main_accounts(&call.platform).await?;
    let total = all.len() as u64;
    let main_accounts = paging::cut(all, slice).iter().map(|found| item(&call, found)).collect();
    Ok(op::ListMainAccountsResponse { total, main_accounts })
}

fn item(call: &Call, found: &MainAccount) -> MainAccountItem {
    let principal = &found.principal;
    MainAccountItem {
        uin: principal.uin.to_string(),
        name: principal.name.clone(),
        instance_id: found.instance.as_ref().map(ToString::to_string).unwrap_or_default(),
        administrator: call.platform.accounts.administrator() == Some(principal.uin),
        create_time: principal.created.0,
    }
}
