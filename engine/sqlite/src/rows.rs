//! Rows to nouns and back. Column texts are part of the file format: they stay when names in code change.

use std::str::FromStr;

use lianwu_model::account::{
    AccessKey, Group, Instance, PasswordHash, Principal, SecretKeyText, StoredPassword, StoredPolicy,
};
use lianwu_model::certificate::{Authority, Certificate, Fingerprint, PlatformAuthority, PrivateKeyText};
use lianwu_model::device::{Device, DeviceSecretText};
use lianwu_model::product::{
    Authentication, DataProtocol, DevelopmentStatus, Durability, Product, ProductKind, ProductSecretText, Project,
    Registration, RegistrationMode, StoredScript, StoredThingModel, Tag,
};
use lianwu_model::topic_policy::{TopicPermission, TopicPolicy, TopicTable};
use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};
use rusqlite::Row;

use crate::fault::Fault;
use crate::seal::Sealer;

/// SQLite's integers are signed; the bits are kept.
pub(crate) fn unsigned(row: &Row<'_>, column: &'static str) -> Result<u64, Fault> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

pub(crate) fn uin(row: &Row<'_>, column: &'static str) -> Result<Uin, Fault> {
    unsigned(row, column).map(Uin)
}

pub(crate) fn time(row: &Row<'_>, column: &'static str) -> Result<UnixMillis, Fault> {
    unsigned(row, column).map(UnixMillis)
}

/// Parses a text column without copying it first.
pub(crate) fn parsed<T: FromStr>(row: &Row<'_>, column: &'static str) -> Result<T, Fault> {
    let text = row.get_ref(column)?.as_str().map_err(|_| Fault::Corrupt(column))?;
    text.parse().map_err(|_| Fault::Corrupt(column))
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &'static str) -> Result<T, Fault> {
    let text = row.get_ref(column)?.as_str().map_err(|_| Fault::Corrupt(column))?;
    serde_json::from_str(text).map_err(|_| Fault::Corrupt(column))
}

pub(crate) fn tags(row: &Row<'_>) -> Result<Vec<Tag>, Fault> {
    // By far the most devices have none, and a start reads them all.
    if row.get_ref("tags")?.as_str() == Ok("[]") {
        return Ok(Vec::new());
    }
    let pairs: Vec<(String, String)> = json(row, "tags")?;
    Ok(pairs.into_iter().map(|(key, value)| Tag { key, value }).collect())
}

pub(crate) fn tags_text(tags: &[Tag]) -> String {
    let pairs: Vec<_> = tags.iter().map(|tag| (&tag.key, &tag.value)).collect();
    serde_json::to_string(&pairs).expect("texts always have a JSON form")
}

/// Names and privileges as the API has them.
fn topics(row: &Row<'_>) -> Result<TopicTable, Fault> {
    const COLUMN: &str = "topics";
    let id: ProductId = parsed(row, "id")?;
    let pairs: Vec<(String, u64)> = json(row, COLUMN)?;
    let policy = |(name, privilege): &(String, u64)| {
        TopicPolicy::new(id, name, TopicPermission::from_privilege(*privilege)?).ok()
    };
    let policies: Option<Vec<_>> = pairs.iter().map(policy).collect();
    policies.map(TopicTable::from).ok_or(Fault::Corrupt(COLUMN))
}

pub(crate) fn topics_text(topics: &TopicTable) -> String {
    let pairs: Vec<_> = topics.policies().iter().map(|p| (p.name(), p.permission().privilege())).collect();
    serde_json::to_string(&pairs).expect("texts and numbers always have a JSON form")
}

pub(crate) fn names_text(names: &[String]) -> String {
    serde_json::to_string(names).expect("texts always have a JSON form")
}

/// Account numbers have at most 12 digits, so JSON keeps them exactly.
pub(crate) fn members_text(members: &[Uin]) -> String {
    let numbers: Vec<_> = members.iter().map(|uin| uin.0).collect();
    serde_json::to_string(&numbers).expect("numbers always have a JSON form")
}

/// Gives an enum its column texts; both directions come from one list.
macro_rules! column_text {
    ($type:ident: $($variant:ident = $text:literal),* $(,)?) => {
        impl ColumnText for $type {
            fn column_text(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            fn from_column(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

pub(crate) trait ColumnText: Sized {
    fn column_text(self) -> &'static str;
    fn from_column(text: &str) -> Option<Self>;
}

column_text!(ProductKind: Device = "device", Gateway = "gateway");
column_text!(Authentication: Certificate = "certificate", Key = "key");
column_text!(DataProtocol: ThingModel = "thing_model", Custom = "custom");
column_text!(DevelopmentStatus: Developing = "developing", Audit = "audit", Released = "released");
column_text!(RegistrationMode: Off = "off", Existing = "existing", AutoCreate = "auto");
column_text!(Durability: Disk = "disk", Memory = "memory");

fn choice<T: ColumnText>(row: &Row<'_>, column: &'static str) -> Result<T, Fault> {
    let text = row.get_ref(column)?.as_str().map_err(|_| Fault::Corrupt(column))?;
    T::from_column(text).ok_or(Fault::Corrupt(column))
}

pub(crate) fn principal(row: &Row<'_>) -> Result<Principal, Fault> {
    Ok(Principal {
        uin: uin(row, "uin")?,
        owner: uin(row, "owner")?,
        name: row.get("name")?,
        policies: json(row, "policies")?,
        active: row.get("active")?,
        created: time(row, "created")?,
    })
}

/// What a SecretKey's seal is bound to.
pub(crate) fn key_identity(secret_id: &str) -> String {
    format!("key/{secret_id}")
}

pub(crate) fn access_key(row: &Row<'_>, sealer: &Sealer) -> Result<AccessKey, Fault> {
    let secret_id: String = row.get("secret_id")?;
    let sealed = row.get_ref("secret_key")?.as_blob().map_err(|_| Fault::Corrupt("secret_key"))?;
    Ok(AccessKey {
        secret_key: SecretKeyText(sealer.unseal(&key_identity(&secret_id), sealed)?),
        secret_id,
        principal: uin(row, "principal")?,
        active: row.get("active")?,
        created: time(row, "created")?,
        last_used: Some(time(row, "last_used")?).filter(|time| time.0 != 0),
    })
}

/// What a password's seal is bound to.
pub(crate) fn password_identity(uin: Uin) -> String {
    format!("password/{uin}")
}

pub(crate) fn password(row: &Row<'_>, uin: Uin, sealer: &Sealer) -> Result<StoredPassword, Fault> {
    let sealed = row.get_ref("hash")?.as_blob().map_err(|_| Fault::Corrupt("hash"))?;
    let hash = sealer.unseal(&password_identity(uin), sealed).map(PasswordHash)?;
    Ok(StoredPassword { hash, is_first: row.get("is_first")? })
}

pub(crate) fn policy(row: &Row<'_>) -> Result<StoredPolicy, Fault> {
    Ok(StoredPolicy {
        owner: uin(row, "owner")?,
        name: row.get("name")?,
        document: row.get("document")?,
        remark: row.get("remark")?,
    })
}

pub(crate) fn group(row: &Row<'_>) -> Result<Group, Fault> {
    let members: Vec<u64> = json(row, "members")?;
    Ok(Group {
        owner: uin(row, "owner")?,
        name: row.get("name")?,
        remark: row.get("remark")?,
        policies: json(row, "policies")?,
        members: members.into_iter().map(Uin).collect(),
        created: time(row, "created")?,
    })
}

pub(crate) fn instance(row: &Row<'_>) -> Result<Instance, Fault> {
    Ok(Instance {
        id: parsed(row, "id")?,
        owner: uin(row, "owner")?,
        enterprise: row.get("enterprise")?,
        created: time(row, "created")?,
    })
}

pub(crate) fn project(row: &Row<'_>) -> Result<Project, Fault> {
    Ok(Project {
        id: parsed(row, "id")?,
        owner: uin(row, "owner")?,
        instance: parsed(row, "instance")?,
        name: row.get("name")?,
        description: row.get("description")?,
        created: time(row, "created")?,
        updated: time(row, "updated")?,
    })
}

/// What a ProductSecret's seal is bound to.
pub(crate) fn product_identity(id: &str) -> String {
    format!("product/{id}")
}

fn product_secret(row: &Row<'_>, sealer: &Sealer) -> Result<Option<ProductSecretText>, Fault> {
    const COLUMN: &str = "secret";
    let Some(sealed) = row.get_ref(COLUMN)?.as_blob_or_null().map_err(|_| Fault::Corrupt(COLUMN))? else {
        return Ok(None);
    };
    let id = row.get_ref("id")?.as_str().map_err(|_| Fault::Corrupt("id"))?;
    sealer.unseal(&product_identity(id), sealed).map(|text| Some(ProductSecretText(text)))
}

pub(crate) fn product(row: &Row<'_>, sealer: &Sealer) -> Result<Product, Fault> {
    Ok(Product {
        id: parsed(row, "id")?,
        project: parsed(row, "project")?,
        owner: uin(row, "owner")?,
        name: row.get("name")?,
        description: row.get("description")?,
        category: unsigned(row, "category")?,
        kind: choice(row, "kind")?,
        authentication: choice(row, "authentication")?,
        net_type: row.get("net_type")?,
        data_protocol: choice(row, "data_protocol")?,
        status: choice(row, "status")?,
        script_enabled: row.get("script_enabled")?,
        bind_strategy: row.get("bind_strategy")?,
        module: row.get("module")?,
        durability: choice(row, "durability")?,
        retention_days: row.get("retention_days")?,
        registration: Registration { mode: choice(row, "registration")?, limit: unsigned(row, "register_limit")? },
        secret: product_secret(row, sealer)?,
        topics: topics(row)?,
        creator: uin(row, "creator")?,
        creator_name: row.get("creator_name")?,
        tags: tags(row)?,
        created: time(row, "created")?,
        updated: time(row, "updated")?,
    })
}

pub(crate) fn model(row: &Row<'_>) -> Result<StoredThingModel, Fault> {
    Ok(StoredThingModel {
        product: parsed(row, "product")?,
        text: row.get("text")?,
        created: time(row, "created")?,
        updated: time(row, "updated")?,
    })
}

pub(crate) fn script(row: &Row<'_>) -> Result<StoredScript, Fault> {
    Ok(StoredScript {
        product: parsed(row, "product")?,
        version: unsigned(row, "version")?,
        text: row.get("text")?,
        author: uin(row, "author")?,
        saved: time(row, "saved")?,
    })
}

/// What the seal of the platform authority's key is bound to.
pub(crate) const PLATFORM_AUTHORITY_IDENTITY: &str = "platform authority";

pub(crate) fn fingerprint(row: &Row<'_>) -> Result<Option<Fingerprint>, Fault> {
    Ok(row.get::<_, Option<[u8; 32]>>("fingerprint")?.map(Fingerprint))
}

fn certificate(row: &Row<'_>) -> Result<Option<Certificate>, Fault> {
    let Some(fingerprint) = fingerprint(row)? else { return Ok(None) };
    Ok(Some(Certificate { pem: row.get("pem")?, fingerprint }))
}

pub(crate) fn platform_authority(row: &Row<'_>, sealer: &Sealer) -> Result<PlatformAuthority, Fault> {
    let sealed = row.get_ref("key")?.as_blob().map_err(|_| Fault::Corrupt("key"))?;
    Ok(PlatformAuthority {
        certificate: certificate(row)?.ok_or(Fault::Corrupt("fingerprint"))?,
        key: PrivateKeyText(sealer.unseal(PLATFORM_AUTHORITY_IDENTITY, sealed)?),
        created: time(row, "created")?,
    })
}

pub(crate) fn authority(row: &Row<'_>) -> Result<Authority, Fault> {
    Ok(Authority {
        owner: uin(row, "owner")?,
        name: row.get("name")?,
        certificate: certificate(row)?.ok_or(Fault::Corrupt("fingerprint"))?,
        created: time(row, "created")?,
        updated: time(row, "updated")?,
    })
}

/// What a device secret's seal is bound to; the number keeps a re-created device from taking over an old secret.
///
/// Written into `identity`, because sign-in reads a great many in one go.
pub(crate) fn device_identity(identity: &mut String, number: DeviceNumber, product: &str, name: &str) {
    use std::fmt::Write;
    identity.clear();
    write!(identity, "device/{}/{product}/{name}", number.0).expect("writing to a text cannot fail");
}

pub(crate) fn device(row: &Row<'_>, sealer: &Sealer) -> Result<Device, Fault> {
    let number = DeviceNumber(row.get("number")?);
    let (product, name) = (parsed(row, "product")?, parsed(row, "name")?);
    let secret = device_secret(row, sealer, number, &mut String::new())?;
    Ok(Device {
        number,
        product,
        name,
        secret,
        certificate: certificate(row)?,
        enabled: row.get("enabled")?,
        creator: uin(row, "creator")?,
        creator_name: row.get("creator_name")?,
        tags: tags(row)?,
        created: time(row, "created")?,
    })
}

pub(crate) fn device_secret(
    row: &Row<'_>,
    sealer: &Sealer,
    number: DeviceNumber,
    identity: &mut String,
) -> Result<DeviceSecretText, Fault> {
    let text = |column| row.get_ref(column)?.as_str().map_err(|_| Fault::Corrupt(column));
    device_identity(identity, number, text("product")?, text("name")?);
    let sealed = row.get_ref("secret")?.as_blob().map_err(|_| Fault::Corrupt("secret"))?;
    sealer.unseal(identity, sealed).map(DeviceSecretText)
}
